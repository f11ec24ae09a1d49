"""The report of two pages (« bilan ») that a rector and a prefect are handed: the board's own figures, on paper."""
