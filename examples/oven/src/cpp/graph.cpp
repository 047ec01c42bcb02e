// Finds the modules of a program by its import statements.
#include "oven.h"

#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <unordered_map>

namespace oven {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    throw std::runtime_error("cannot read module " + path.string());
  }
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<Import> imports_of(const std::string& source) {
  constexpr std::string_view kWord = "import";
  std::vector<Import> found;
  for (std::size_t begin = 0; begin < source.size(); begin = source.find('\n', begin) + 1) {
    if (source.compare(begin, kWord.size(), kWord) == 0) {
      const std::size_t open = source.find_first_of("\"'\n", begin);
      const std::size_t close =
          open == std::string::npos ? open : source.find_first_of("\"'\n", open + 1);
      if (close == std::string::npos || source[open] == '\n' || source[close] == '\n') {
        throw std::runtime_error("an import statement must stand on one line");
      }
      std::istringstream words(source.substr(begin + kWord.size(), open - begin - kWord.size()));
      Import import{begin, close + 1, {}, source.substr(open + 1, close - open - 1)};
      for (std::string word; words >> word && word != "from";) {
        import.binding += word;
      }
      found.push_back(std::move(import));
    }
    if (source.find('\n', begin) == std::string::npos) {
      break;
    }
  }
  return found;
}

enum class State { kOpen, kDone };

struct Visit {
  State state;
  std::size_t index;
};

}  // namespace

std::vector<Module> read_graph(const std::filesystem::path& entry) {
  std::vector<Module> modules;
  std::unordered_map<std::string, Visit> seen;
  const std::function<std::size_t(const std::filesystem::path&)> visit =
      [&](const std::filesystem::path& path) -> std::size_t {
    const std::string name = path.lexically_normal().string();
    if (const auto known = seen.find(name); known != seen.end()) {
      if (known->second.state == State::kOpen) {
        throw std::runtime_error("import cycle through " + name);
      }
      return known->second.index;
    }
    seen[name] = {State::kOpen, 0};
    Module module{path.lexically_normal(), read_file(path), {}};
    module.imports = imports_of(module.source);
    for (Import& import : module.imports) {
      import.module = visit(path.parent_path() / import.target);
    }
    modules.push_back(std::move(module));
    seen[name] = {State::kDone, modules.size() - 1};
    return modules.size() - 1;
  };
  visit(entry);
  return modules;
}

}  // namespace oven
