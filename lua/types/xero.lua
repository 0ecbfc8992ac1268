---@meta xero
-- The API of xero-run, for editors with a Lua language server. Made by scripts/make/stub.lua from
-- the annotations in lua/xero; do not edit.

---@class luassert
---@field keeps fun(plan: xero.testing.Plan, who: xero.testing.Who, rule?: string)
---@field disconnects fun(plan: xero.testing.Plan, who: xero.testing.Who, rule?: string)
---@field waits fun(plan: xero.testing.Plan, who: xero.testing.Who, rule?: string)
---@field holds fun(plan: xero.testing.Plan, who: xero.testing.Who, rule?: string)
---@field protects fun(plan: xero.testing.Plan, who: xero.testing.Who, rule?: string)
---@field refuses fun(plan: xero.testing.Plan, words?: string)

---@class xero.Args an argparse parser, and
---@field option fun(self, names: string, description?: string, default?: string): any
---@field flag fun(self, names: string, description?: string): any
---@field argument fun(self, name: string, description?: string, default?: string): any
---@field parse fun(self, args?: string[]): table reads the arguments, by default the script's
---@field error fun(self, message: string) raises kind "usage"
---@field host_options fun(self, ...: string): function takes options of the host, by long names

---@class xero.Client
local Client_methods = {}

---The tenants that the app, or the user of the token, is connected to, in Xero's order.
---Raises an error object where Xero gives no list.
---@param options? { auth_event_id?: string } a consent's id, or "latest": the current token's
---@return xero.Connection[]
function Client_methods:get_connections(options) end

---About the current token; never the token.
---@return xero.TokenFacts
function Client_methods:token() end

---Disconnects a tenant from the app. It cannot be undone: only a new consent brings it back.
---Raises an error object where it failed or where nobody can tell.
---@param target xero.Connection|string a connection, or the id of one
---@param options? { reason?: string } why, for people
function Client_methods:delete_connection(target, options) end

---Disconnects many tenants at once, several at a time. Limits and protection are judged before the
---first one, and raised; what fails for one is said in its outcome. A tenant that is not connected
---any more is "absent", which is a success.
---@param targets (xero.Connection|string)[] connections, or ids of them
---@param options? xero.DeleteOptions
---@return xero.Outcome[] outcomes in the order of the targets
function Client_methods:delete_connections(targets, options) end

---@class xero.ClientOptions
---@field profile? string a profile of the configuration
---@field auth? "app"|"user"|"custom"|"token"
---@field client_id? string
---@field client_secret? string|userdata
---@field api_url? string
---@field identity_url? string
---@field timeout? number|string seconds, or a duration such as "10s"
---@field token_getter? fun(): table? gives the stored tokens, in place of the files
---@field token_saver? fun(tokens: table) has stored them when it returns

---@class xero.Column
---@field title string
---@field key? string the field that the cell shows
---@field value? fun(row: table): any what the cell shows, in place of a field
---@field align? "left"|"right"
---@field max? integer the most columns of the terminal that it takes; off a terminal nothing is cut

---@class xero.Condition
---@field key string such as "older_than"
---@field text string how the policy wrote it: `older_than = "90d"`
---@field identity string changes where the condition does
---@field sources xero.Source[] the sources that it needs

---What a rule may say. All that it says must hold; of a list of values, one.
---@class xero.Conditions
---@field id? string|string[] of the connection
---@field tenant_id? string|string[]
---@field auth_event_id? string|string[] of the consent
---@field type? string|string[] such as "ORGANISATION"
---@field name? string|string[] the whole name; * and ? stand for any letters; case is ignored
---@field name_matches? string|string[] a Lua pattern
---@field listed? xero.Source|xero.Source[] the tenant is in the source
---@field not_listed? xero.Source|xero.Source[] it is in none
---@field created_before? string a date
---@field created_after? string a date
---@field older_than? string|number first connected longer ago than this duration
---@field created_within? string|number
---@field connected_within? string|number connected, or connected again, within it
---@field not_connected_within? string|number
---@field duplicate? "newest"|"oldest" a spare connection of its tenant, of which that one stays
---@field when? fun(connection: xero.Connection, context: xero.Context): boolean, string? and why
---@field after? string|number rules that disconnect: how long it must have matched in each run

---Fields as in xero-identity.yaml, schema Connection; none of them is required there.
---@class xero.Connection
---@field id? string UUID of the connection: what `delete_connection` takes
---@field authEventId? string UUID of the consent; connections made at once share it
---@field tenantId? string UUID of the organisation or practice
---@field tenantType? string "ORGANISATION", "PRACTICE", "PRACTICEMANAGER", … (an open set)
---@field tenantName? string what the tenant calls itself: words of a stranger
---@field createdDateUtc? string when the user connected the tenant, UTC without a zone
---@field updatedDateUtc? string when the user connected it most recently
---@field name string tenantName, or "" where Xero gave none
---@field created_at number|nil createdDateUtc in seconds since the epoch; nil where it is no date
---@field updated_at number|nil updatedDateUtc likewise

---What predicates get beside the connection. It cannot be written to.
---@class xero.Context
---@field now number seconds since the epoch
---@field profile? string its name
---@field count integer of all connections
---@field row fun(source: xero.Source, connection: xero.Connection): table? the tenant's row there

---@class xero.DeleteOptions
---@field reason? string|fun(connection: xero.Connection): string? why, for people: for all, or each
---@field concurrency? integer how many at once, 1 to 32
---@field on_result? fun(outcome: xero.Outcome) what is called with each outcome as it comes

---@class xero.Error
---@field kind xero.ErrorKind
---@field message string one sentence for people, without "error:" before it
---@field hint? string what to do about it
---@field status? integer the HTTP status
---@field oauth_error? string the `error` of a token endpoint (RFC 6749 5.2)
---@field detail? string what Xero's error body said
---@field correlation_id? string Xero-Correlation-Id, for Xero's support
---@field retry_after? number seconds until it makes sense to try again
---@field limit? string which limit: "minute", "day", "appminute", …
---@field attempts? integer how often it was tried
---@field signal? "SIGINT"|"SIGTERM" which one, for kind "interrupted"
local Error_methods = {}

---The exit status of a process that this error ends.
---@return integer status 1 to 8, or 130 and 143 for the two signals
function Error_methods:exit_status() end

---@alias xero.ErrorKind
---| "usage" # the command line, the configuration or the environment is wrong
---| "auth" # not authorised: log in, or the credentials are wrong
---| "forbidden" # Xero answered 403
---| "not_found" # there is no such connection (any more)
---| "rate_limit" # 429 beyond what we wait
---| "http" # any other status that is no success
---| "network" # no connection, or it broke
---| "tls" # no trusted connection
---| "timeout" # no answer in time
---| "protocol" # an answer that makes no sense
---| "protected" # a guard: the tenant is protected
---| "limit" # a guard: too many at once
---| "source" # a policy's source is missing, empty, stale or has shrunk
---| "busy" # another run holds the lock
---| "interrupted" # SIGINT or SIGTERM
---| "deadline" # the deadline of the run has passed
---| "store" # a file of ours cannot be read or written

---@class xero.Http
local Http_methods = {}

---Sends a request and waits for its answer. Raises an error object where none came: of kind
---"network", "tls", "timeout", "protocol" or "usage"; "limit" for a DELETE in a dry run.
---@param request xero.HttpRequest
---@return xero.HttpAnswer answer whatever its status; redirects are not followed
function Http_methods.request(request) end

---GET.
---@param url string
---@param options? xero.HttpOptions
---@return xero.HttpAnswer
function Http_methods.get(url, options) end

---POST, for example of a message to a chat: `xero.http.post(webhook, { text = "done" })`.
---@param url string
---@param body string|table a table is sent as JSON
---@param options? xero.HttpOptions
---@return xero.HttpAnswer
function Http_methods.post(url, body, options) end

---@class xero.HttpAnswer
---@field status integer
---@field headers table<string, string> by lower-case names; several of one name joined with ", "
---@field body string

---@class xero.HttpOptions
---@field headers? table<string, string>
---@field timeout? number|string seconds, or a duration such as "10s"; --timeout comes first

---@class xero.HttpRequest: xero.HttpOptions
---@field url string https, or http on this machine; a query may be in it, a user may not
---@field method? string GET, HEAD, POST, PUT, PATCH or DELETE in either case; GET
---@field body? string|table for POST, PUT and PATCH; a table is sent as JSON

---@class xero.JsonOptions
---@field indent? integer spaces a level; without it all is on one line
---@field order? string[] the keys that come first, in every object

---@class xero.Log
---@field debug fun(format: string, ...) with --verbose
---@field info fun(format: string, ...) where a person looks on
---@field warn fun(format: string, ...)
---@field error fun(format: string, ...) says it; raises nothing

---@class xero.Outcome
---@field connection xero.Connection
---@field status "deleted"|"absent"|"failed"|"unknown"|"skipped"
---@field error? xero.Error

---@class xero.OutputOptions
---@field format? "table"|"json"|"jsonl"|"csv"|"ids" by default --format, or else a table
---@field columns? xero.Column[] of a table, and of CSV for rows that are no Connections
---@field fields? string[] the fields of CSV, and the first ones of JSON; by default Xero's for
---  Connections, or else the columns
---@field file? file* by default standard output
---@field terminal? boolean whether that is a terminal; by default it is looked at
---@field colour? boolean by default on a terminal, unless NO_COLOR is set
---@field width? integer columns to fit a table into; by default those of the terminal

---Where something was defined, and what it is: `offboard.lua:12: keep "active in the CRM"`.
---@class xero.Place
---@field file string
---@field line integer
---@field what string
---@field is_vague boolean it was a tail call, such as `return policy "name"`: Lua knows only who
---  called the function that it was in

---@class xero.PlanEntry
---@field connection xero.Connection
---@field verdict "protected"|"kept"|"disconnect"|"waiting"|"held"
---@field rule { kind: string, label: string, file?: string, line?: integer, profile?: string }
---  what decided: a rule, the quota, the profile's protection, or that no rule matches
---@field reason string what there was to see; worked out when asked for
---@field since? number with `after`: when the rule first matched
---@field due? number with `after`: when it disconnects

---@class xero.Policy
---@field name string
---@field rules xero.Rule[] in the order of judging: those that protect first
---@field limits? xero.PolicyLimits
---@field quota? xero.Quota
---@field allow_held boolean
---@field sources xero.Source[] each that it needs, once
---@field file string
---@field line integer

---What stands between the braces of a policy: its rules, and
---@class xero.PolicyFields
---@field [integer] xero.Rule|xero.Quota
---@field limits? xero.PolicyLimits by default a tenth of the connections, though 3 at least
---@field allow_held? boolean go on although a predicate failed for some connections
---@field sources? xero.Source|xero.Source[] further ones, that predicates look into
---@field quota? xero.Quota
---@field default? "keep" what becomes of connections that no rule matches

---@class xero.PolicyLimits
---@field max_disconnects? integer
---@field max_percent? number of all connections
---@field min_remaining? integer

---@class xero.Quota
---@field kind "quota"
---@field label string
---@field max integer
---@field headroom integer
---@field evictable fun(connection: xero.Connection, context: xero.Context): boolean, string?
---@field order? fun(a: xero.Connection, b: xero.Connection, context: xero.Context): boolean
---@field file string
---@field line integer

---@class xero.QuotaFields
---@field max integer how many connections the tier allows
---@field headroom? integer how many of these to leave free; 0
---@field evictable fun(connection: xero.Connection, context: xero.Context): boolean, string?
---@field order? fun(a: xero.Connection, b: xero.Connection, context: xero.Context): boolean
---  whether `a` goes before `b`; without it, those that were connected longest ago go first

---@class xero.Rule
---@field kind "protect"|"keep"|"disconnect"
---@field label string
---@field conditions xero.Condition[] all of them must hold
---@field after? number seconds for which it must have matched before it disconnects
---@field identity string changes where the label or a condition does
---@field file string
---@field line integer

---@class xero.Source
---@field name string
---@field kind "csv"|"json"|"http"|"command"|"table"
---@field options table as they were checked
---@field place xero.Place where it is defined

---@class xero.SourceOptions
---@field path? string csv and json: a file; relative to the directory of the script that says so
---@field url? string http
---@field headers? table<string, string|{ env: string, prefix?: string }> http; env: a variable
---@field command? string|string[] a command line of sh, or the words of a program
---@field timeout? number|string http and command
---@field format? "csv"|"json" http and command; by default what the text begins as
---@field separator? string csv; ","
---@field rows? string|table|function json: the path to the list; table: the list itself
---@field column? string where the tenant's id stands: a column, or a key or a dotted path of JSON
---@field where? table<string, any> rows that count: a value, a list of values, or a function of the
---  value and the row that gives true or false
---@field min_rows? integer how many ids there must be at least; 1
---@field max_age? number|string how old a file or a web answer may be
---@field max_shrink? integer|string how many ids fewer than at the last success, or "20%"
---@field duplicates? "agree"|"allow"|"refuse" of several rows with one id: they must agree on
---  `where` (the default), they need not, or there must be none

---The kinds of sources: `xero.source.csv("crm", { path = "customers.csv", column = "tenant" })`.
---Each raises kind "usage", with file and line, where an option is wrong.
---@class xero.Sources
---@field csv fun(name: string, options: xero.SourceOptions): xero.Source a CSV file
---@field json fun(name: string, options: xero.SourceOptions): xero.Source a JSON file
---@field http fun(name: string, options: xero.SourceOptions): xero.Source CSV or JSON of a server
---@field command fun(name: string, options: xero.SourceOptions): xero.Source what one prints
---@field table fun(name: string, options: xero.SourceOptions): xero.Source a list of the script's

---@class xero.Testing
local Testing_methods = {}

---The present of tests that do not say another: 2026-01-01T12:00:00Z, in seconds since the epoch.
---@type number
Testing_methods.NOW = nil

---The tenant id that a connection of a test has by its name.
---@type fun(name: string): string
Testing_methods.tenant_id = nil

---The text of a file, seen from the directory of the test, or else from the working directory: for
---a source whose fixture is the text that it would read.
---@param path string
---@return string
function Testing_methods.read(path) end

---The connections in a file, as `xero-run list --format json --anonymise` writes them.
---@param path string seen from the directory of the test, or else from the working directory
---@return xero.Connection[]
function Testing_methods.connections(path) end

---Tells whether a value is a plan of a test.
---@param value any
---@return boolean
function Testing_methods.is_plan(value) end

---Loads the policy of a script. Raises what is wrong with it, with file and line.
---@param path string seen from the directory of the test, or else from the working directory
---@return xero.testing.Policy
function Testing_methods.policy(path) end

---@class xero.TokenFacts
---@field mode "app"|"user"|"custom"|"token"
---@field expires_at? number seconds since the epoch
---@field scopes string[]
---@field auth_event_id? string the consent that it belongs to
---@field user_id? string

---@class xero.error
local error_methods = {}

---Makes an error object of the fields; the table itself becomes the object.
---@param fields table the fields of xero.Error; `kind` and `message` are required
---@return xero.Error
function error_methods.new(fields) end

---Raises an error object of the fields.
---@param fields table as for `new`
function error_methods.raise(fields) end

---Tells whether a value, such as pcall's second result, is an error object (of that kind).
---@param value any
---@param kind? xero.ErrorKind
---@return boolean
function error_methods.is(value, kind) end

---@class xero.glob
local glob_methods = {}

---Makes a test of a glob. Raises kind "usage" for a set that does not end.
---@param glob string
---@return fun(text: string): boolean test whether the whole text matches, case ignored
function glob_methods.compile(glob) end

---@class xero.json
local json_methods = {}

---What JSON's null decodes to and encodes from. It is true in conditions: compare with it.
---@type lightuserdata
json_methods.null = nil

---Marks a table as a list, so that it is written as one even when it is empty.
---@generic T: table
---@param t T
---@return T t the same table
function json_methods.array(t) end

---Tells whether a table is marked as a list: by `array`, or because it was decoded from one.
---@param value any
---@return boolean
function json_methods.is_array(value) end

---Reads a JSON text.
---@param text string
---@param options? { max_depth: integer } how deep lists and objects may nest; 64
---@return any value nil where it is no JSON
---@return string|nil message what is wrong, "at byte N"
function json_methods.decode(text, options) end

---Makes an encoder for many values: a function that does what `encode` does. Its second argument is
---the level at which the value is going to stand, for the indent.
---@param options? xero.JsonOptions
---@return fun(value: any, level?: integer): string
function json_methods.encoder(options) end

---Writes a value as JSON: on one line, or indented. Keys are sorted. A table is a list when it is
---marked by `array`, was decoded from a list, or has an element 1; any other, `{}` among them, is
---an object. Raises a string for what has no JSON form: NaN, infinity, functions, bytes that are no
---UTF-8, lists with holes, tables nested deeper than 64.
---@param value any nil is not JSON; `null` is
---@param options? xero.JsonOptions
---@return string
function json_methods.encode(value, options) end

---@class xero.policy
---@overload fun(name: string): fun(fields: xero.PolicyFields): xero.Policy
local policy_methods = {}

---Begins a rule whose connections no rule can disconnect: `policy.protect "label" { … }`.
---@type fun(label: string): fun(conditions: xero.Conditions): xero.Rule
policy_methods.protect = nil

---Begins a rule whose connections stay: `policy.keep "label" { … }`.
---@type fun(label: string): fun(conditions: xero.Conditions): xero.Rule
policy_methods.keep = nil

---Begins a rule whose connections go: `policy.disconnect "label" { …, after = "7d" }`.
---@type fun(label: string): fun(conditions: xero.Conditions): xero.Rule
policy_methods.disconnect = nil

---What keeps the app under its tier: `policy.quota { max =, headroom =, evictable =, order = }`,
---with a label before the table or without.
---@param label_or_fields string|xero.QuotaFields
---@return any quota what the policy takes
function policy_methods.quota(label_or_fields) end

---@class xero.table
local table_methods = {}

---Prints a line for people. On a terminal that is too narrow it is broken at its words.
---@param line string printable text
---@param indent integer spaces before what does not fit on the first line
function table_methods.print_line(line, indent) end

---Writes rows. Raises kind "store" where they cannot be written (a full disk, a closed pipe), kind
---"usage" for a format that there is not.
---@param rows table[] Connections, or tables with string keys
---@param options? xero.OutputOptions
function table_methods.write(rows, options) end

---@class xero.testing.Plan
---@field entries xero.PlanEntry[] in the order of the connections; none where a source refused
---@field counts table<string, integer> by verdict, and `total`
---@field refusals xero.Error[] why it would not be applied
local Plan_methods = {}

---The names of the tenants with a verdict, in the order of the connections.
---@param verdict "protected"|"kept"|"disconnect"|"waiting"|"held"
---@return string[]
function Plan_methods:names(verdict) end

---The entries of a tenant: by its name, by an id of it or of its connection, or of a connection.
---@param who string|xero.Connection
---@return xero.PlanEntry[]
function Plan_methods:find(who) end

---@class xero.testing.Policy
---@field declared xero.Policy
local Policy_methods = {}

---What the policy would do. A mistake in the scenario is raised, a source that the policy cannot
---believe is a refusal of the plan.
---@param scenario xero.testing.Scenario
---@return xero.testing.Plan
function Policy_methods:plan(scenario) end

---@class xero.testing.Scenario
---@field now? string|number the present; testing.NOW
---@field connections (string|table)[] a name; or Xero's own fields, where `name`, `created` and
---  `updated` (a date, or how long ago) will do; or what testing.connections gives
---@field sources? table<string, any> by name, in place of the source: a list of the ids that count,
---  a list of rows, a text; or { rows =, text =, age =, before = }: how old the data are, and how
---  many ids there were at the last success
---@field profile? { name?: string, protect?: table<string, string>, limits?: table }
---@field matched_for? string|table<string, string> how long the rules with `after` have matched: of
---  all tenants, or by name
---@field previous? xero.testing.Plan the run before this one: its marks and numbers are remembered,
---  and what was ago is counted from the first run, so that it stays the same connection
---@field max_disconnects? integer the option

---@alias xero.testing.Who string|xero.Connection|(string|xero.Connection)[]

---@class xero.time
local time_methods = {}

---Reads a date with a time of day, in the forms of RFC 3339 and of Xero: "T" or a space between the
---two, a fraction of any length, "Z", an offset or nothing (which means UTC) at the end. A date
---alone is its midnight in UTC.
---@param text any
---@return number|nil epoch seconds since the epoch, a float where there is a fraction; nil: no date
function time_methods.parse(text) end

---Writes an instant as `2019-12-07T18:46:19Z`; a fraction is cut off.
---@param epoch number seconds since the epoch, in the years 0 to 9999
---@return string
function time_methods.format(epoch) end

---Writes the date of an instant, in UTC, as `2019-12-07`.
---@param epoch number seconds since the epoch, in the years 0 to 9999
---@return string
function time_methods.date(epoch) end

---Reads a duration: a number of seconds, or a text such as "500ms", "90s", "15m", "36h", "30d",
---"2w".
---@param value string|number
---@return number|nil seconds
---@return string|nil message where it is no duration
function time_methods.duration(value) end

---Reads an HTTP date in any of the three forms of RFC 9110 5.6.7.
---@param text string
---@param now? number seconds since the epoch, for the century of the obsolete two-digit years
---@return integer|nil epoch nil: no HTTP date
function time_methods.http_date(text, now) end

---Says a duration to people: "3 days", "1 minute 30 seconds", "19 hours", "300 ms". The second unit
---is said only where the first is below ten.
---@param seconds number what is below 0 counts as 0
---@return string
function time_methods.describe(seconds) end

---@class xero
---@field time xero.time dates and durations
---@field json xero.json JSON that round-trips
---@field log xero.Log levels on stderr
---@field table xero.table rows as a table, JSON or CSV
---@field error xero.error error objects, for scripts that raise their own
---@field glob xero.glob names with * and ?
---@field http xero.Http requests of the script's own: a CRM, a chat message
---@field source xero.Sources lists from elsewhere that policies rely on
---@field policy xero.policy policies: who may stay, as data that a script returns
---@field testing xero.Testing unit tests of policies, without a network
---@field dry_run boolean whether nothing may be disconnected in this run
---@field version string
local xero = {}

---A client of its own, for scripts that serve several apps.
---Raises an error object of kind "usage" where an option or a credential is wrong or missing.
---@param options? xero.ClientOptions
---@return xero.Client
function xero.client(options) end

---The tenants that the app, or the user of the token, is connected to, in Xero's order.
---Raises an error object where Xero gives no list.
---@param options? { auth_event_id?: string } a consent's id, or "latest": the current token's
---@return xero.Connection[]
function xero.get_connections(options) end

---Disconnects a tenant from the app. It cannot be undone: only a new consent brings it back.
---Raises an error object where it failed or where nobody can tell.
---@param connection xero.Connection|string a connection, or the id of one
---@param options? { reason?: string } why, for people
function xero.delete_connection(connection, options) end

---Disconnects many tenants at once, several at a time. Limits and protection are judged before the
---first one, and raised; what fails for one is said in its outcome.
---@param targets (xero.Connection|string)[] connections, or ids of them
---@param options? xero.DeleteOptions
---@return xero.Outcome[] outcomes in the order of the targets
function xero.delete_connections(targets, options) end

---About the current token; never the token.
---@return xero.TokenFacts
function xero.token() end

---Makes a parser; argparse's documentation tells of `option`, `flag` and `argument`. `-h` prints
---the help on standard output and ends the process with status 0.
---@param name? string what it is called as; by default the script's name
---@param description? string
---@param native? table `options` and `option_table`; by default those of xero.native
---@return xero.Args
function xero.args(name, description, native) end

---Asks a question that yes or no answers; anything but yes is no. With --yes nothing is asked.
---Raises an error object of kind "limit" where it would have to ask and there is no terminal.
---@param question string
---@param details? string[] what it is about, shown above the question line by line
---@param phrase? string what has to be typed in place of yes, where a slip would cost much
---@return boolean yes
function xero.confirm(question, details, phrase) end

---The candidate nearest to a mistyped word; of equally near ones the first.
---@param word string what was typed
---@param candidates string[] what could have been meant
---@return string|nil nearest nil where none is near
function xero.suggest(word, candidates) end

return xero
