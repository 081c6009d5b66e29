-- Refreshes in a closed loop: each connection is one user who trades the token of the last answer for the next one.
-- Run with as many threads as connections: then each Lua state has one connection, and the token in it belongs to that user.
--   wrk -t16 -c16 -s chain.lua http://host:port/path -- tokens-file (one refresh token per line, one line per thread)
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set('mine', threads)
end

function init(args)
  local line = 0
  for text in io.lines(args[1]) do
    line = line + 1
    if line == mine then token = text end
  end
end

function request()
  return wrk.format('POST', nil, { ['Content-Type'] = 'application/json' }, '{"refresh":"' .. token .. '"}')
end

function response(status, headers, body)
  -- A refusal keeps the old token: the next request is refused too, and the count of refusals gives it away.
  token = body:match('"refresh":"([^"]+)"') or token
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('{"requests":%d,"micros":%d,"p50":%d,"p99":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
