-- `http-request lua.samurai-auth`: asks the auth service, through `listen ask_samurai_auth`, whose the request is.
-- It lets a request through by setting txn.samurai_auth to "passed", and by nothing else: when it breaks, the variable is not set,
-- and the configuration refuses. HAProxy's own HTTP client does the asking; no library is needed.

local ADDRESS = "abns@samurai-auth"
local URL = "http://samurai-auth/api/forward-auth"
local TIMEOUT_MS = 5000 -- longer than the listener takes to say that there is no answer

local function header(answer, name)
  local values = answer.headers and answer.headers[name]
  return values and values[0] or ""
end

local function ask(txn)
  local headers = { ["x-forwarded-for"] = { txn.sf:src() } }
  local authorization = txn.sf:req_fhdr("authorization")
  if authorization ~= "" then headers["authorization"] = { authorization } end
  return core.httpclient():get({ url = URL, dst = ADDRESS, headers = headers, timeout = TIMEOUT_MS })
end

local function refuse(txn, answer)
  local reply = txn:reply({ status = 401, body = answer.body })
  for _, name in ipairs({ "www-authenticate", "content-type", "cache-control" }) do
    reply:add_header(name, header(answer, name))
  end
  txn:done(reply)
end

core.register_action("samurai-auth", { "http-req" }, function(txn)
  local answer = ask(txn)
  if answer.status == 401 then return refuse(txn, answer) end
  if answer.status ~= 200 or not header(answer, "x-user-id"):match("^%d+$") then return end
  txn:set_var("txn.samurai_user_id", header(answer, "x-user-id"))
  txn:set_var("txn.samurai_user_email", header(answer, "x-user-email"))
  txn:set_var("txn.samurai_user_roles", header(answer, "x-user-roles"))
  txn:set_var("txn.samurai_session_id", header(answer, "x-session-id"))
  txn:set_var("txn.samurai_auth", "passed")
end)
