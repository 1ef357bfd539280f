"""What clients send and read, one module per area. The same classes check bodies and describe the API."""
