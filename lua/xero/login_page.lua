-- The page that the browser ends at after a login: plain HTML without script, readable by a screen
-- reader and without colours. Every text is escaped; the headers let nothing else load or keep it.

local login_page = {}

local ENTITIES = {
  ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;",
}

local HEADERS = {
  ["Content-Type"] = "text/html; charset=utf-8",
  ["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline';"
    .. " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  ["X-Content-Type-Options"] = "nosniff",
  ["Referrer-Policy"] = "no-referrer",
  ["Cache-Control"] = "no-store",
}

local TEMPLATE = [[
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title - xero-run</title>
<style>
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5 }
main { max-width: 34rem; margin: 15vh auto; padding: 0 1rem }
</style>
</head>
<body>
<main>
<h1>$title</h1>
<p>$text</p>
<p>You can close this window.</p>
</main>
</body>
</html>
]]

local function escape(text)
  return (text:gsub("[&<>\"']", ENTITIES))
end

local function page(status, title, text)
  local words = { title = escape(title), text = escape(text) }
  return { status = status, headers = HEADERS, body = (TEMPLATE:gsub("%$(%l+)", words)) }
end

--- The answer when the login succeeded.
---@return table answer for the handle of a request
function login_page.done()
  return page(200, "Logged in", "xero-run has what it needs from Xero.")
end

--- The answer when it did not.
---@param reason string
---@return table answer
function login_page.failed(reason)
  return page(400, "Not logged in", reason .. ". The terminal says more.")
end

--- The answer to every other request.
---@return table answer
function login_page.not_found()
  return page(404, "Not found", "There is nothing here but the end of a login.")
end

return login_page
