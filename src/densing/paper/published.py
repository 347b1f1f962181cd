"""The numbers that Xiao et al. print, as text: the digits given say how exact each one is.

Facts out of "Densing law of LLMs" (*Nature Machine Intelligence* 7, 1823-1833, 2025,
doi:10.1038/s42256-025-01137-0, CC BY 4.0), the journal version, and out of its preprint
(arXiv 2412.04315v2). What was read off the vector figures is in the bundled `published_*` tables.
"""

JOURNAL = "Xiao et al. 2025, doi:10.1038/s42256-025-01137-0 (CC BY 4.0)"
PREPRINT = "arXiv:2412.04315v2"

RATE = "0.0065"
"""Growth of the log record density a day (the MMLU-CF paragraph; elsewhere: about 0.007)."""
RATE_ROUNDED = "0.007"
R2 = "0.934"
MONTHS = "3.5"
MONTHS_PREPRINT = "3.3"
R2_PREPRINT = ("0.93", "0.912")
RATE_PREPRINT = ("0.007", "0.0073")

BEFORE, AFTER, ACCELERATION = "0.0048", "0.0073", "1.5"
"""MMLU: growth a day before and after ChatGPT, and their ratio (plus 50 %)."""
DRAWN_BEFORE, DRAWN_AFTER = "0.004796", "0.007311"
"""The same from the figure's points, all digits kept; the bundled table has five decimals."""
CHATGPT = "2022-11-30"

PRICE_FACTOR, PRICE_MONTHS = "266.7", "2.6"
PRICE_SPAN_MONTHS = 21
"""December 2022 to August 2024, both counted, as the printed halving time needs."""

COMBINED_DAYS = "88"
MOORE_YEARS = 2.1
"""Doubling time of computation at equal price that the article takes from Hobbhahn (2023)."""

EXAMPLE_SHARE = "35"
"""Percent of Mistral-7B's parameters that MiniCPM-2.4B has, at the same performance."""

BANDWIDTH, FLOPS, REPLY_TOKENS = 1.01e12, 82.58e12, 100
"""One RTX 4090: bytes a second, half-precision operations a second; tokens of a reply."""
MEMORY_OVER_COMPUTE = "2.45"

TOKENS, TOKENS_PREPRINT = 5e12, 1e12
"""Training tokens of the reference family: in the journal, in the preprint."""

RECORDS_DRAWN = "9"
"""Points on the drawn line; the article does not print their number."""
