"""The platform in containers: settings from the environment, secrets from files."""
