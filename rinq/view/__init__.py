"""What is seen: metrics as DataFrames, charts on matplotlib axes, the control room."""
