"""The disk: SQLite through SQLAlchemy Core. The only importer of SQLAlchemy."""
