from densing.cli.app import run


def test_an_interrupt_says_that_nothing_was_written(monkeypatch, capfd, tmp_path, tables):
    def interrupted(*arguments, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr("densing.inference.fit.fit", interrupted)
    out = tmp_path / "run.nc"
    assert run([str(a) for a in ["fit", *tables, "--quiet", "--out", out]]) == 130
    assert "nothing was written" in capfd.readouterr().err
    assert not out.exists()
