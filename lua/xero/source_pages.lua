-- Whether a JSON text says of itself that it is one page of several. Who stands on the others would
-- be missing from the list, and look like a customer who has left.
--
-- There is no standard, so the words of much-used interfaces are known: HubSpot's paging.next,
-- Stripe's has_more, Salesforce's nextRecordsUrl, OData's @odata.nextLink and their like.

local json = require "xero.json"

local DEEPEST = 3

-- Without case, and without what is no letter.
local WORDS = {
  next = true, nextpage = true, nextpagetoken = true, nexturl = true, nexturi = true,
  nextlink = true, odatanextlink = true, nextcursor = true, nextrecordsurl = true,
  nexttoken = true, hasmore = true, hasnext = true, hasnextpage = true, morerecords = true,
  moreitemsincollection = true,
}

-- An answer that says of the last page: no more, an empty one, none.
local function is_yes(value)
  if type(value) == "table" then return next(value) ~= nil end
  return value ~= false and value ~= json.null and value ~= ""
end

---The key that says so, such as "paging.next"; nil where none does.
---@param value any the decoded text; what stands in lists is not looked at
---@param depth? integer
---@return string|nil
local function more(value, depth)
  depth = depth or 1
  if type(value) ~= "table" or json.is_array(value) or depth > DEEPEST then return nil end
  for key, each in pairs(value) do
    local deeper = more(each, depth + 1)
    if deeper then return key .. "." .. deeper end
    if WORDS[(key:lower():gsub("%A", ""))] and is_yes(each) then return key end
  end
end

return more
