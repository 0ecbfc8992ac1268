-- "Did you mean …?": the candidate that a mistyped word was most likely meant to be.
--
-- The distance is Damerau and Levenshtein's, with adjacent letters swapped as one slip (each letter
-- touched once), and case ignored. A third of the word's letters may be wrong, no more: a
-- far-fetched suggestion is worse than none.

-- Longer words are not typed by people; the table below grows with the square of the length.
local LONGEST = 64

local function distance(a, b)
  local before, last = nil, {}
  for j = 0, #b do last[j] = j end
  for i = 1, #a do
    local row = { [0] = i }
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      row[j] = math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost)
      if before and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        row[j] = math.min(row[j], before[j - 2] + 1)
      end
    end
    before, last = last, row
  end
  return last[#b]
end

---The candidate nearest to a mistyped word; of equally near ones the first.
---@param word string what was typed
---@param candidates string[] what could have been meant
---@return string|nil nearest nil where none is near
local function suggest(word, candidates)
  if #word > LONGEST then return nil end
  local limit, nearest = #word // 3, nil
  for _, candidate in ipairs(candidates) do
    if math.abs(#candidate - #word) <= limit then
      local d = distance(word:lower(), candidate:lower())
      if d <= limit and (not nearest or d < nearest.distance) then
        nearest = { distance = d, word = candidate }
      end
    end
  end
  return nearest and nearest.word
end

return suggest
