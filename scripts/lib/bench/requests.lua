-- Requests for wrk: `wrk … -s requests.lua URL -- ITEM CUSTOMERS TOKEN SEED`. The ids are those of data.sql.

local customers, groups, item, run, headers, body
local made, page = 0, 0

local function id(prefix, n) return string.format("%s_01BENCH%019d", prefix, n) end
local function group(n) return id("cgrp", n) end


-- One of the groups that have no members but the priced customer.
local function empty() return group(math.random(groups * 9 / 10 + 1, groups)) end

local paths = {
    -- A group with an ordinary number of members, another one each time.
    point = function() return "/admin/customer-groups/" .. group(math.random(107, groups * 9 / 10)) end,
    list = function() return "/admin/customer-groups?limit=10&offset=0" end,
    -- The first page of a group of a thousandth of all customers.
    members = function()
        return "/admin/customer-groups/" .. group(math.random(7, 106)) .. "/customers?limit=50&offset=0"
    end,
    page = function()
        return "/admin/customer-groups/" .. group(math.random(7, 106)) .. "/customers?limit=50&offset=0"
    end,
    large = function() return "/admin/customer-groups/" .. group(1) .. "/customers?limit=50&offset=0" end,
    deep = function()
        return string.format("/admin/customer-groups/%s/customers?limit=50&offset=%d", group(1), customers * 2 / 5)
    end,
    walk = function()
        page = page + 1
        return string.format("/admin/customer-groups/%s/customers?limit=50&offset=%d", group(1),
            customers / 4 + page % (customers / 250) * 50)
    end,
    search = function() return "/admin/customers?limit=50&offset=0&q=Almeida-Hansen" end,
    searches = function() return "/admin/customers?limit=50&offset=0&q=Almeida-Hansen" end,
    rare = function() return "/admin/customers?limit=50&offset=0&q=customer" .. math.random(customers) .. "@" end,
    create = function() return "/admin/customer-groups" end,
    add100 = function() return "/admin/customer-groups/" .. empty() .. "/customers/batch" end,
    add10000 = function() return "/admin/customer-groups/" .. empty() .. "/customers/batch" end,
    add100000 = function() return "/admin/customer-groups/" .. empty() .. "/customers/batch" end,
    batch = function() return "/admin/customer-groups/" .. empty() .. "/customers/batch" end,
    health = function() return "/health" end,
    -- Each of these has 53 prices, of which 17 are for the customer.
    priced = function()
        return "/admin/variants?limit=100&offset=" .. 100 * math.random(0, 19)
            .. "&customer_id=" .. id("cus", 0) .. "&region_id=" .. id("reg", 1)
    end,
    pricelist = function() return "/admin/price-lists/" .. id("pl", 51) end,
    addprices = function() return "/admin/price-lists/" .. id("pl", 52) .. "/prices/batch" end,
}

-- They replace those of the request before, so that the list does not grow.
local function prices()
    local each = {}
    for n = 1, 10000 do
        each[n] = string.format('{"amount":%d,"currency_code":"eur","variant_id":"%s"}',
            n, id("variant", 2001 + n % 1000))
    end
    return '{"override":true,"prices":[' .. table.concat(each, ",") .. "]}"
end

local function members(count)
    local each, start = {}, math.random(customers)
    for n = 1, count do
        -- The step has no factor in common with the number of customers, so nobody comes twice.
        each[n] = string.format('{"id":"%s"}', id("cus", 1 + (start + n * 700001) % customers))
    end
    return '{"customer_ids":[' .. table.concat(each, ",") .. "]}"
end

-- Bodies for items that send some; several, so that not all requests are alike.
local bodies = {
    addprices = function() return { prices() } end,
    add100 = function()
        local several = {}
        for n = 1, 100 do several[n] = members(100) end
        return several
    end,
    add10000 = function() return { members(10000), members(10000), members(10000) } end,
    batch = function() return { members(10000), members(10000), members(10000) } end,
    add100000 = function() return { members(100000) } end,
    create = function() return {} end,
}

local threads = 0
function setup(thread)
    threads = threads + 1
    thread:set("thread_number", threads)
end

function init(arguments)
    item, customers = arguments[1], tonumber(arguments[2])
    groups = customers / 100
    run = arguments[4] .. "-" .. thread_number
    math.randomseed(tonumber(arguments[4]) * 64 + thread_number)
    headers = {}
    if item ~= "health" then headers["x-medusa-access-token"] = arguments[3] end
    if bodies[item] then
        body = bodies[item]()
        headers["content-type"] = "application/json"
    end
end

function request()
    if not body then return wrk.format("GET", paths[item](), headers) end
    made = made + 1
    return wrk.format("POST", paths[item](), headers,
        #body > 0 and body[1 + made % #body] or string.format('{"name":"bench %s-%d"}', run, made))
end

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format(
        'RESULT {"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"errors":%d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
