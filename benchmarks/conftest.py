"""What a kept benchmark file says of the machine: what matters for speed, nothing that names it."""


def pytest_benchmark_update_machine_info(config, machine_info):
    cpu = machine_info.get("cpu", {})
    kept = {
        "python_version": machine_info.get("python_version"),
        "machine": machine_info.get("machine"),
        "cpu": {key: cpu.get(key) for key in ("count", "brand_raw")},
    }
    machine_info.clear()
    machine_info.update(kept)


def pytest_benchmark_update_json(config, benchmarks, output_json):
    """Keep the statistics of every benchmark, not each of its rounds."""
    for benchmark in output_json["benchmarks"]:
        benchmark["stats"].pop("data", None)
