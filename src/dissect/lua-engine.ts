/** The part of the Wireshark dissector that is the same for all definitions: framing, header, options, by the tables. */
export const LUA_ENGINE = `
local fields = {}
for _, field in pairs(F) do fields[#fields + 1] = field end
F.unknown = ProtoField.bytes("failover6.data", "data")
F.option_code = ProtoField.uint16("failover6.option_code", "option-code")
F.option_length = ProtoField.uint16("failover6.option_len", "option-len")
F.size = ProtoField.uint16("failover6.message_size", "message-size")
for _, name in ipairs({ "unknown", "option_code", "option_length", "size" }) do fields[#fields + 1] = F[name] end
proto.fields = fields

local malformed = ProtoExpert.new("failover6.malformed", "Malformed", expert.group.MALFORMED, expert.severity.ERROR)
proto.experts = { malformed }

local EPOCH_2000 = 946684800
local NESTING_MAX = 64
local NAME_OCTETS_MAX = 255
local read_message

local function octets_of(range)
  local bytes = range:bytes()
  local result = {}
  for index = 0, bytes:len() - 1 do result[#result + 1] = bytes:get_index(index) end
  return result
end

-- All names that stand there, or as many as there may be; nil if they are none.
local function domain_names(range, most)
  local bytes = octets_of(range)
  local names, labels, at, begun = {}, {}, 1, 0
  while at <= #bytes do
    local length = bytes[at]
    if length == 0 then
      names[#names + 1] = table.concat(labels, ".") .. "."
      if #names > most or at - begun > NAME_OCTETS_MAX then return nil end
      labels, begun = {}, at
    elseif length > 63 or at + length > #bytes then
      return nil
    else
      local label = string.char(table.unpack(bytes, at + 1, at + length))
      labels[#labels + 1] = label:gsub("[.\\\\]", "\\\\%0"):gsub("[^!-~]", function(octet)
        return ("\\\\%03d"):format(octet:byte())
      end)
    end
    at = at + 1 + length
  end
  if #labels > 0 then names[#names + 1] = table.concat(labels, ".") end
  if #names > most or #bytes - begun > NAME_OCTETS_MAX then return nil end
  return table.concat(names, ", ")
end

local function short_prefix(range)
  local bytes = octets_of(range)
  local groups = {}
  for group = 0, 7 do
    groups[#groups + 1] = string.format("%x", (bytes[2 + 2 * group] or 0) * 256 + (bytes[3 + 2 * group] or 0))
  end
  return table.concat(groups, ":") .. "/" .. (bytes[1] or 0)
end

local function hex_pairs(range)
  local parts = {}
  for _, octet in ipairs(octets_of(range)) do parts[#parts + 1] = string.format("%02x", octet) end
  return table.concat(parts, ":")
end

-- Fewest octets of what takes all that is left, and of each type of DUID (RFC 8415 section 11, RFC 6355).
local FEWEST = { duid = 2, message = 1, vss = 1, ["subnet-id"] = 1 }
local FEWEST_OF_DUID = { 8, 6, 4, 18 }
local DUID_OCTETS_MAX = 130
local DUID_UUID = 4

local function duid_fits(range)
  local kind, length = range(0, 2):uint(), range:len()
  if kind == DUID_UUID then return length == FEWEST_OF_DUID[kind] end
  return length >= (FEWEST_OF_DUID[kind] or 2) and length <= DUID_OCTETS_MAX
end

-- Octets of length in front of each entry of a type.
local LENGTH_OCTETS = { ["counted-text"] = 2, ["short-text"] = 1 }

-- Adds one field; says whether its octets made sense.
local function add_field(tree, key, kind, range)
  local field = F[key]
  if kind == "time-2000" then
    tree:add(field, range, NSTime.new(range:uint() + EPOCH_2000, 0))
  elseif kind == "time-1970" then
    tree:add(field, range, NSTime.new(range:uint(), 0))
  elseif kind == "domain-name" or kind == "domain-names" then
    local text = domain_names(range, kind == "domain-name" and 1 or range:len())
    if text == nil then return false end
    tree:add(field, range, text)
  elseif kind == "short-prefix" then
    tree:add(field, range, short_prefix(range))
  elseif kind == "link-layer" then
    tree:add(field, range, hex_pairs(range))
  elseif kind == "text" or LENGTH_OCTETS[kind] then
    tree:add(field, range, range:string(ENC_UTF_8))
  else
    tree:add(field, range)
    return kind ~= "duid" or duid_fits(range)
  end
  return true
end

local function extent(kind, size, tvb, at, stop)
  if size > 0 then return size end
  if kind == "short-prefix" and at < stop then return 1 + math.ceil(tvb(at, 1):uint() / 8) end
  local counted = LENGTH_OCTETS[kind]
  if counted and at + counted <= stop then return counted + tvb(at, counted):uint() end
  return stop - at
end

-- Adds fields in order; returns where they end, or nil if one does not fit.
local function add_fields(tree, list, tvb, at, stop)
  for _, item in ipairs(list) do
    local key, kind, size, repeats, counted, optional = item[1], item[2], item[3], item[4], item[5], item[6]
    local missing = optional and at >= stop
    local to = stop
    if counted > 0 and not missing then
      if at + counted > stop then return nil end
      to = at + counted + tvb(at, counted):uint()
      at = at + counted
      if to > stop then return nil end
    end
    local more = not missing and (not repeats or at < to)
    while more do
      local length = extent(kind, size, tvb, at, to)
      if at + length > to or length < (FEWEST[kind] or 0) then return nil end
      local from = LENGTH_OCTETS[kind] or 0
      if length > from and not add_field(tree, key, kind, tvb(at + from, length - from)) then return nil end
      at = at + length
      more = repeats and at < to and length > 0
    end
    if counted > 0 and at < to then return nil end
  end
  return at
end

local function read_options(tree, tvb, at, stop, space, depth)
  if depth > NESTING_MAX then
    tree:add_proto_expert_info(malformed, "options nested too deep")
    return
  end
  while at + 4 <= stop do
    local code, length = tvb(at, 2):uint(), tvb(at + 2, 2):uint()
    local option = (spaces[space] or {})[code]
    local name = option and option[1] or ("option " .. code)
    local shown = math.min(4 + length, stop - at)
    local node = tree:add(proto, tvb(at, shown), name .. " (" .. code .. "), " .. length .. " octets")
    node:add(F.option_code, tvb(at, 2))
    node:add(F.option_length, tvb(at + 2, 2))
    local from, to = at + 4, at + 4 + length
    if to > stop then
      node:add_proto_expert_info(malformed, "option-len " .. length .. " exceeds the " .. (stop - from) .. " octets left")
      return
    end
    if option == nil then
      if length > 0 then node:add(F.unknown, tvb(from, length)) end
    else
      local reached = add_fields(node, option[2], tvb, from, to)
      local inside = option[3]
      if reached == nil then
        node:add_proto_expert_info(malformed, "contents do not fit the option")
      elseif inside == "message" then
        local fixed = option[2][1][2] == "ipv6" and 16 or 0
        if to > from + fixed then read_message(node, tvb, from + fixed, to, messages.dhcpv6, depth + 1) end
      elseif inside == "vendor" then
        -- The enterprise number stands first; a space that is not there names no option.
        read_options(node, tvb, from + 4, to, vendors[tvb(from, 4):uint()] or "", depth + 1)
      elseif inside ~= "" then
        read_options(node, tvb, reached, to, inside == "same" and space or inside, depth + 1)
      elseif reached < to then
        node:add_proto_expert_info(malformed, (to - reached) .. " octets after the last field")
      end
    end
    at = to
  end
  if at < stop then tree:add_proto_expert_info(malformed, (stop - at) .. " octets are too few for an option") end
end

-- A message without its length prefix; returns its name and transaction-id.
read_message = function(tree, tvb, start, stop, set, depth)
  local kind = set.types[tvb(start, 1):uint()]
  local name = kind and kind[1] or ("type " .. tvb(start, 1):uint())
  local node = tree:add(proto, tvb(start, stop - start), name)
  local at = add_fields(node, set.headers[kind and kind[2] or set.unknown], tvb, start, stop)
  if at == nil then
    node:add_proto_expert_info(malformed, "message is shorter than its header")
    return name, 0
  end
  read_options(node, tvb, at, stop, set.space, depth)
  return name, tvb(start + 1, 3):uint()
end

local function frame_length(tvb, _, offset)
  return 2 + tvb(offset, 2):uint()
end

local function read_frame(tvb, pinfo, tree)
  pinfo.cols.protocol = "DHCPv6-FO"
  local root = tree:add(proto, tvb())
  root:add(F.size, tvb(0, 2))
  if tvb:len() == 2 then
    root:add_proto_expert_info(malformed, "message-size 0")
    return 2
  end
  local name, id = read_message(root, tvb, 2, tvb:len(), messages.failover, 0)
  root:append_text(", " .. name)
  pinfo.cols.info:append((" %s 0x%06x"):format(name, id))
  pinfo.cols.info:fence()
  return tvb:len()
end

-- DHCPv4 failover has message types 1 to 12 where RFC 8156 has 24 to 35, and keeps its own dissector.
local ports = DissectorTable.get("tcp.port")
local v4 = ports:get_dissector(647)
local is_v6 = {}
-- By TCP stream: the packet with which TLS begins, behind STARTTLS and its REPLY (RFC 7653 §8.2).
local tls_from = {}
local stream_field = Field.new("tcp.stream")
local tls = Dissector.get("tls")
-- While TLS is dissected: what is inside comes back to us.
local inside_tls = false

function proto.init()
  is_v6 = {}
  tls_from = {}
  inside_tls = false
end

-- The octets of a record's header; as a length, they would stand for a message of 5,123 octets or more.
local function is_tls(tvb)
  if tvb:len() < 3 then return false end
  local kind = tvb(0, 1):uint()
  return kind >= 20 and kind <= 23 and tvb(1, 1):uint() == 3 and tvb(2, 1):uint() <= 4
end

-- One name for both directions of a connection.
local function conversation(pinfo)
  local a = tostring(pinfo.src) .. " " .. pinfo.src_port
  local b = tostring(pinfo.dst) .. " " .. pinfo.dst_port
  return a < b and a .. " " .. b or b .. " " .. a
end

function proto.dissector(tvb, pinfo, tree)
  local key = conversation(pinfo)
  if not inside_tls then
    local stream = stream_field().value
    if tls_from[stream] == nil and is_tls(tvb) then tls_from[stream] = pinfo.number end
    if tls_from[stream] ~= nil and pinfo.number >= tls_from[stream] then
      inside_tls = true
      -- Each call takes one away, and TLS has to put its records together, too.
      pinfo.can_desegment = 2
      local octets = tls:call(tvb, pinfo, tree)
      inside_tls = false
      return octets
    end
  end
  if not is_v6[key] and v4 ~= nil then
    if tvb:len() < 4 then
      pinfo.desegment_offset = 0
      pinfo.desegment_len = DESEGMENT_ONE_MORE_SEGMENT
      return
    end
    local kind, offset = tvb(2, 1):uint(), tvb(3, 1):uint()
    if kind >= 1 and kind <= 12 and (offset == 8 or offset == 12) then return v4:call(tvb, pinfo, tree) end
  end
  is_v6[key] = true
  pinfo.cols.info:clear()
  return dissect_tcp_pdus(tvb, tree, 2, frame_length, read_frame)
end

ports:add(647, proto)
-- What Wireshark finds inside TLS, if it has the keys, comes back here.
DissectorTable.get("tls.port"):add(647, proto)
`;
