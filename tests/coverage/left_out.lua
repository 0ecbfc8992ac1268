-- What the tests do not reach in the files whose coverage is complete: the line, as it stands there
-- without its indent, and the reason.

local MEMORY = "there is no memory: `make torture-memory` lets each allocation fail"
local TWICE = "a second error after a first one; it is the first that is said"
local GROWS = "the file grows between the look at its size and the end of reading it"

---@type table<string, table<string, string>>
return {
  ["src/store.c"] = {
    ["if (close(fd) != 0 && number == 0 && errno != EINTR)"] = TWICE,
    ['int parent = open(slash == path ? "/" : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);'] =
      "a directory right below /: only root makes one, and no test does",
    ["if (made == NULL)"] = MEMORY,
    ["if (getrandom(&dice, 1, GRND_NONBLOCK) != 1)"] =
      "only before the system has gathered randomness, early at its start",
    ["held.st_dev == named.st_dev && held.st_ino == named.st_ino;"] =
      "another device: only where somebody mounts one over the directory meanwhile",
    ["while (*length < size) {"] = GROWS,
    ["return true;"] = GROWS,
    ["if (buffer == NULL)"] = MEMORY,
    ["else if (*length > limit)"] = GROWS,
    ["if (close(fd) != 0 && errno != EINTR && result == XR_STORE_OK)"] = TWICE,
    ["if (result == XR_STORE_OK && buffer != NULL) {"] =
      "for the analyzer, which cannot see that a file that was read has a buffer",
    ["int number = size > LONG_MAX ? EFBIG : posix_fallocate(store->prepared, 0, (off_t)size);"] =
      "no size that Lua gives is as large",
    ["if (close(fd) != 0 && errno != EINTR && failed == NULL) {"] = TWICE,
  },
  ["src/token.c"] = {
    ["if (!token)"] = MEMORY,
    ["if (!token->authorization || (scope && !token->scope)) {"] = MEMORY,
    ["if (secret && !base64url_decode(payload, length, bytes)) {"] = MEMORY,
  },
}
