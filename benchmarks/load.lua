-- Sends the bodies of a file in turn; `__KEY__` in a body becomes another key in each request.
-- A line may begin with a token and a tab: then the body is sent in that caller's name.
local requests, count, at, unique, mark = {}, 0, 0, false, ""

local function formatted(line)
  local token, body = line:match("^(%S+)\t(.*)$")
  if token == nil then
    return wrk.format("POST", nil, nil, line)
  end
  local headers = {}
  for name, value in pairs(wrk.headers) do headers[name] = value end
  headers["Authorization"] = "Bearer " .. token
  return wrk.format("POST", nil, headers, body)
end

function init(args)
  mark = args[2]
  for line in io.lines(args[1]) do
    unique = unique or line:find("__KEY__", 1, true) ~= nil
    count = count + 1
    requests[count] = line
  end
  if not unique then
    for i, line in ipairs(requests) do requests[i] = formatted(line) end
  end
end

function request()
  at = at + 1
  local body = requests[(at - 1) % count + 1]
  if unique then
    return formatted((body:gsub("__KEY__", mark .. at)))
  end
  return body
end

function done(summary, latency, _)
  local e = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "seconds": %.6f, "bytes": %d, "p50_ms": %.4f, "p99_ms": %.4f, "failed": %d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, e.connect + e.read + e.write + e.status + e.timeout))
end
