"""Programs and runs on disk: written whole, loaded without running code, resumed bit for bit."""
