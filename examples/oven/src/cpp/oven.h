// What the parts of oven know of each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace oven {

// `import BINDING from "TARGET";` at the start of a line; BINDING may be missing.
struct Import {
  std::size_t begin, end;  // its bytes in the source
  std::string binding;
  std::string target;
  std::size_t module = 0;  // its index in the graph
};

// One JavaScript file.
struct Module {
  std::filesystem::path path;
  std::string source;
  std::vector<Import> imports;
};

// Every module an entry file needs, each one after those it imports.
// Throws std::runtime_error for a missing file or a cycle.
std::vector<Module> read_graph(const std::filesystem::path& entry);

// The graph as JSON: names relative to the entry's directory, sizes, hashes, imports.
std::string graph_json(const std::vector<Module>& modules);

// One script that defines all modules and runs the last one.
std::string bundle(const std::vector<Module>& modules);

std::string gzip(std::string_view data);
std::string gunzip(std::string_view data);

// These two are done by the Zig part.
std::string minify(std::string_view source);
std::string digest(std::string_view data);

extern const char kVersion[];
extern const char kUnknown[];
extern const char kUsage[];

}  // namespace oven
