"""What was served, summed by the minute: kept by the ingester, asked by metric, dimension and time."""
