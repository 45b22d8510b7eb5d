"""The ways in: the web page, JupyterLab, the terminal demo, the doctor."""
