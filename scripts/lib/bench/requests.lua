-- Requests for wrk: `wrk … -s requests.lua URL -- ITEM CUSTOMERS TOKEN SEED`. The ids are those of data.sql.

local groups, item, headers, body

local function id(prefix, n) return string.format("%s_01BENCH%019d", prefix, n) end
local function group(n) return id("cgrp", n) end

local paths = {
    -- A group with an ordinary number of members, another one each time.
    point = function() return "/admin/customer-groups/" .. group(math.random(107, groups * 9 / 10)) end,
    list = function() return "/admin/customer-groups?limit=10&offset=0" end,
    -- The first page of a group of a thousandth of all customers.
    members = function()
        return "/admin/customer-groups/" .. group(math.random(7, 106)) .. "/customers?limit=50&offset=0"
    end,
    -- The first page of the group of half of them.
    crowd = function() return "/admin/customer-groups/" .. group(1) .. "/customers?limit=50&offset=0" end,
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

local threads = 0
function setup(thread)
    threads = threads + 1
    thread:set("thread_number", threads)
end

function init(arguments)
    item, groups = arguments[1], tonumber(arguments[2]) / 100
    headers = {}
    if item ~= "health" then headers["x-medusa-access-token"] = arguments[3] end
    if item == "addprices" then
        body = prices()
        headers["content-type"] = "application/json"
    end
    math.randomseed(tonumber(arguments[4]) * 64 + thread_number)
end

function request() return wrk.format(body and "POST" or "GET", paths[item](), headers, body) end

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format(
        'RESULT {"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"errors":%d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
