-- One session of an editor: Neovim's own client against `charter lsp`. Prints what it saw as JSON.
--
-- CHARTER is the binary, WORKSPACE the folder. Nothing is ever saved.

local seen = {}

local function wait_for(what, condition)
  if not vim.wait(20000, condition, 20) then
    error('waited in vain: ' .. what)
  end
end

-- Opens a document and attaches the server to it.
local client
local function open(name)
  vim.cmd('edit ' .. vim.fn.fnameescape(vim.env.WORKSPACE .. '/' .. name))
  local buffer = vim.api.nvim_get_current_buf()
  client = client or vim.lsp.start_client({
    name = 'charter',
    cmd = { vim.env.CHARTER, 'lsp' },
    root_dir = vim.env.WORKSPACE,
  })
  vim.lsp.buf_attach_client(buffer, client)
  wait_for('the server', function()
    return vim.lsp.buf_is_attached(buffer, client) and vim.lsp.get_client_by_id(client).initialized
  end)
  return buffer
end

-- The last line, from 0, that contains some text, and the column behind it.
local function find(text)
  local lines = vim.api.nvim_buf_get_lines(0, 0, -1, true)
  for number = #lines, 1, -1 do
    local _, last = lines[number]:find(text, 1, true)
    if last then
      return number - 1, last
    end
  end
  error('no line has ' .. text)
end

-- Asks about the place behind some text.
local function ask(method, text)
  local line, column = find(text)
  local answers = vim.lsp.buf_request_sync(0, 'textDocument/' .. method, {
    textDocument = { uri = vim.uri_from_bufnr(0) },
    position = { line = line, character = column },
  }, 20000)
  local answer = answers and answers[client] or error('no answer to ' .. method)
  assert(not answer.error, vim.inspect(answer.error))
  return answer.result
end

-- What the editor shows as wrong, in every file: code, severity, message, file and the text meant.
local function problems()
  local shown = {}
  for _, found in ipairs(vim.diagnostic.get()) do
    -- What was found may be of the text before the last change, which had more lines.
    local lines = vim.fn.bufloaded(found.bufnr) == 1
        and vim.api.nvim_buf_get_lines(found.bufnr, found.lnum, found.lnum + 1, false)
      or {}
    local lsp = found.user_data and found.user_data.lsp or {}
    table.insert(shown, {
      file = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(found.bufnr), ':t'),
      code = found.code or lsp.code,
      severity = found.severity,
      message = found.message,
      text = (lines[1] or ''):sub(found.col + 1, found.end_col),
      related = lsp.relatedInformation,
    })
  end
  return shown
end

local function append(...)
  vim.api.nvim_buf_set_lines(0, -1, -1, true, { ... })
end

local function labels(items)
  return vim.tbl_map(function(item) return item.label end, items)
end

local function session()
  open('2025-01-first-refusal.md')
  seen.head = ask('hover', 'right_of_first_refusal "new').contents.value
  seen.reference = ask('hover', 'replaces = exclusivity.cl').contents.value
  seen.name = ask('hover', 'grantor  = open').contents.value
  seen.clause_defined = ask('definition', 'replaces = exclusivity.cl')
  seen.name_defined = ask('definition', 'grantor  = open')
  seen.symbols = vim.tbl_map(function(symbol) return symbol.name end, ask('documentSymbol', '#'))

  -- A mistake behind a character of two code units and four bytes.
  local whole = vim.api.nvim_buf_get_lines(0, 0, -1, true)
  append('', '```hcl', 'condition "🖋" { occurred = "2025-13-01" }', '```')
  wait_for('what is wrong', function() return #problems() > 0 end)
  seen.wrong = problems()

  -- Typed, not saved: the registry, which is not open, says the same name again.
  vim.api.nvim_buf_set_lines(0, 0, -1, true, whole)
  append('', '```hcl', 'party "openai" {}', '```')
  wait_for('a name given twice', function()
    local found = problems()
    return #found == 1 and found[1].code == 'charter::name::twice'
  end)
  seen.twice = problems()

  vim.api.nvim_buf_set_lines(0, 0, -1, true, whole)
  wait_for('nothing to be wrong', function() return #problems() == 0 end)

  -- Half a block, with nothing closed.
  append('', '```hcl', 'licence "x" {', '  holder = micro', '  exclusivity = ', '  gra')
  seen.parameters = labels(ask('completion', '  gra'))
  seen.names = labels(ask('completion', 'holder = micro'))
  append('  grantor = openai')
  vim.fn.setline(vim.fn.line('$') - 1, '  # written')
  seen.words = ask('completion', '  exclusivity = ')
  vim.api.nvim_buf_set_lines(0, 0, -1, true, whole)
  append('', '```hcl', 'exc')
  seen.kinds = labels(ask('completion', 'exc'))
  vim.api.nvim_buf_set_lines(0, 0, -1, true, whole)

  -- A document that only supposes is read with the terms.
  open('what-if.md')
  wait_for('what is wrong in the scenario', function()
    local found = problems()
    return #found == 1 and found[1].file == 'what-if.md'
  end)
  seen.supposed = problems()
end

local done, problem = xpcall(session, debug.traceback)
if not done then
  seen.problem = problem
end
io.stdout:write(vim.json and vim.json.encode(seen) or vim.fn.json_encode(seen))
io.stdout:write('\n')
if client then
  vim.lsp.stop_client(client)
  vim.wait(5000, function() return vim.lsp.client_is_stopped(client) end, 20)
end
vim.cmd('qall!')
