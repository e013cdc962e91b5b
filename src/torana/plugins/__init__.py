"""What is done to a request and its answer beside routing: searches, files, filters, repairs, kept answers."""
