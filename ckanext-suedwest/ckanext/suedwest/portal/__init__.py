"""Plugin `suedwest`: municipalities, schemas, theme and pages."""
