-- What a refresh of a login in PostgreSQL survives.

require "torture.postgres_scene" "refresh"
