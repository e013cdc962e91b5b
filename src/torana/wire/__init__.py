"""HTTP/1.1 in and out: connections, pools, back-pressure, timeouts. Knows bytes, nothing about AI."""
