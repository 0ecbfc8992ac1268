-- Mutants that no test notices, with the reason: they do the same, or what they do is no promise.

local LOW = "descriptors 0 to 2 are always open (harden.c), so that none of ours is 0"

---@type { file: string, before: string, after: string, reason: string }[]
return {
  { file = "src/native_chain.c", before = "size_t size = 0;", after = "size_t size = 1;",
    reason = "only more room" },
  { file = "src/store.c", before = "O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | "
      .. "O_NOCTTY, 0600);",
    after = "O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0644);",
    reason = "the umask of the program is 077 (harden.c)" },
  { file = "src/store.c", before = "if (fd < 0)", after = "if (fd <= 0)", reason = LOW },
  { file = "src/store.c", before = "char prepared_for[NAME_LIMIT + 1];",
    after = "char prepared_for[NAME_LIMIT + 2];", reason = "only more room" },
  { file = "src/store.c", before = "struct xr_store *made = calloc(1, sizeof *made + length + 1);",
    after = "struct xr_store *made = calloc(2, sizeof *made + length + 1);",
    reason = "only more room" },
  { file = "src/store.c", before = "made->lock = -1;", after = "made->lock = -2;",
    reason = "whatever is below 0 is no descriptor" },
  { file = "src/store.c", before = "xr_store_close(made);", after = ";",
    reason = "a few hundred bytes where a run fails: `make asan` sees them" },
  { file = "src/store.c", before = "if (buffer != NULL)", after = "if (buffer == NULL)",
    reason = "of a read that failed: no test looks at memory that is free again" },
  { file = "src/store.c", before = "int number = size > LONG_MAX ? EFBIG : "
      .. "posix_fallocate(store->prepared, 0, (off_t)size);",
    after = "int number = size >= LONG_MAX ? EFBIG : "
      .. "posix_fallocate(store->prepared, 0, (off_t)size);",
    reason = "no size that Lua gives is as large" },
  { file = "src/store.c", before = "double milliseconds = 5 + 35 * dice / 255.0;",
    after = "double milliseconds = 5 + 36 * dice / 255.0;",
    reason = "a wait of chance, whose exact length is no promise" },
  { file = "lua/xero/marks.lua", before = "return false", after = "return nil",
    reason = "nil is as false, and nobody sees which it is" },
  { file = "lua/xero/refresh.lua",
    before = "local MAKE_DO = 30 -- so long an old access token is used before a renewal is tried "
      .. "again",
    after = "local MAKE_DO = 31 -- so long an old access token is used before a renewal is tried "
      .. "again",
    reason = "about half a minute; no promise says how long exactly" },
  { file = "lua/xero/refresh.lua",
    before = "if not wait or self.monotonic() + wait >= deadline or self.interrupted()",
    after = "if not wait or self.monotonic() + wait > deadline or self.interrupted()",
    reason = "a wait that ends at the very deadline gives no time to ask" },
  { file = "src/token.c", before = "return found ? (int)(found - digits) : -1;",
    after = "return found ? (int)(found - digits) : -2;", reason = "less than 0 is no digit" },
  { file = "lua/xero/pace.lua", before = "self.round = self.round + 1",
    after = "self.round = self.round + 2", reason = "rounds are told apart, and not counted" },
  { file = "src/window.c", before = "free(window->url);", after = ";",
    reason = "a few bytes at the end of a run: `make asan` sees them" },
  { file = "src/window.c", before = "struct xr_window *window = calloc(1, sizeof *window);",
    after = "struct xr_window *window = calloc(2, sizeof *window);", reason = "only more room" },
  { file = "lua/xero/bulk.lua",
    before = "if self.unwritten >= BATCH or not came and self.unwritten > 0 then",
    after = "if self.unwritten >= BATCH or not came and self.unwritten >= 0 then",
    reason = "where nothing waits to be written, nothing is" },
}
