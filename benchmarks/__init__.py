"""Speed and quality, measured on the data of ../shared. Every figure is printed with its target."""
