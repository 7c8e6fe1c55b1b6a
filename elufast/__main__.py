"""``python -m elufast`` shows how elufast was built and what it uses."""

from elufast import show_config

if __name__ == "__main__":
    show_config()
