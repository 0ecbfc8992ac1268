-- What the tests do not reach. In the files whose coverage is complete: the line, as it stands
-- there without its indent, and the reason. Of the others: those of which less than 90 % of the
-- lines are reached, and why.

local MEMORY = "there is no memory: `make torture-memory` lets each allocation fail"
local TWICE = "a second error after a first one; it is the first that is said"
local GROWS = "the file grows between the look at its size and the end of reading it"

local places = {
  ["src/store.c"] = {
    ["while (length > 1 && path[length - 1] == '/')"] = "nobody keeps a state at / itself",
    ["if (path[0] != '/')"] = "native.store has refused such a path before",
    ["if (made == NULL)"] = MEMORY,
    ["if (getrandom(&dice, 1, GRND_NONBLOCK) != 1)"] =
      "only before the system has gathered randomness, early at its start",
    ["held.st_dev == named.st_dev && held.st_ino == named.st_ino;"] =
      "another device: only where somebody mounts one over the directory meanwhile",
    ["if (buffer == NULL)"] = MEMORY,
    ["else if (*length > limit)"] = GROWS,
    ["if (close(fd) != 0 && errno != EINTR && result == XR_STORE_OK)"] = TWICE,
    ["if (result == XR_STORE_OK && buffer != NULL) {"] =
      "for the analyzer, which cannot see that a file that was read has a buffer",
    ["int number = size > LONG_MAX ? EFBIG : posix_fallocate(store->prepared, 0, (off_t)size);"] =
      "no size that Lua gives is as large",
    ["if (close(fd) != 0 && errno != EINTR && failed == NULL) {"] = TWICE,
  },
  ["src/store_directory.c"] = {
    ["if (close(fd) != 0 && number == 0 && errno != EINTR)"] = TWICE,
    ['int parent = open(slash == path ? "/" : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);'] =
      "a directory right below /: only root makes one, and no test does",
  },
  ["src/whole.c"] = {
    ["for (ssize_t n = 1; good && n != 0 && progress.done < size;) {"] = GROWS,
  },
  ["src/token.c"] = {
    ["if (!xr_token_valid(bytes, length))"] = "whoever calls has looked at the bytes before",
    ["if (!token)"] = MEMORY,
    ["if (!token->authorization || (scope && !token->scope)) {"] = MEMORY,
    ["if (secret && !base64url_decode(payload, length, bytes)) {"] = MEMORY,
  },
}

local FAILURES = "the rest is what it does where there is no memory or a library cannot start: "
  .. "`make torture-memory` lets each allocation fail"

local POSTGRES = "the rest is what it does where the server fails in the midst: `make"
  .. " torture-postgres` cuts it off at each statement"

local files = {
  ["src/arena.c"] = FAILURES,
  ["src/capture.c"] = FAILURES,
  ["src/certificate.c"] = FAILURES,
  ["src/crypto.c"] = FAILURES,
  ["src/http.c"] = FAILURES,
  ["src/library.c"] = FAILURES,
  ["src/companion.c"] = "its child becomes another program, and what gcov counted before is lost",
  ["src/harden.c"] = FAILURES,
  ["src/postgres.c"] = FAILURES,
  ["src/private_directory.c"] = FAILURES,
  ["src/private_file.c"] = FAILURES,
  ["src/seal.c"] = FAILURES,
  ["src/script.c"] = "half of it is for other users than root, half for root",
  ["lua/xero/keeper_postgres.lua"] = POSTGRES,
  ["lua/xero/postgres.lua"] = POSTGRES,
  ["lua/xero/state_copy.lua"] = "the rest is what it does where a state fails in the midst",
  ["lua/xero/state_postgres.lua"] = POSTGRES,
  ["lua/xero/state_schema.lua"] = POSTGRES,
}

---@type { places: table<string, table<string, string>>, files: table<string, string> }
return { places = places, files = files }
