-- escape: cpu_json_view
-- expect: any
pcall(cjson.encode, self) pcall(cjson.encode, ev) pcall(cmsgpack.pack, self) pcall(cmsgpack.pack, ev) pcall(table.concat, self) pcall(unpack, self) return pcall(cjson.encode, _G)
