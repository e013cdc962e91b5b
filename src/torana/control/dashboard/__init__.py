"""The dashboard as the control plane serves it: its files, and the page for where there are none."""
