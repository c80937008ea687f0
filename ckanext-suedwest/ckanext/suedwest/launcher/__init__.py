"""The `./suedwest` command: brings the platform up, down and under test on one machine."""
