-- What the recovery from a refresh survives where the login is in PostgreSQL.

require "torture.postgres_scene" "recovery"
