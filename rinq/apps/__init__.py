"""How a person opens rinq: the web page, JupyterLab, the terminal demo, the doctor."""
