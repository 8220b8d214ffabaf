"""Where results land: ClickHouse, a server's or the engine in this process (chDB). Same schema, same SQL."""
