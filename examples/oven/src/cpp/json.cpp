// A JSON value and the graph written as one.
#include "oven.h"

#include <algorithm>
#include <iomanip>
#include <memory>
#include <numeric>
#include <sstream>
#include <variant>

namespace oven {
namespace {

struct Value;
using List = std::vector<Value>;
using Object = std::map<std::string, Value>;

struct Value {
  std::variant<std::int64_t, std::string, std::shared_ptr<List>, std::shared_ptr<Object>> data;

  Value(std::int64_t number) : data(number) {}
  Value(std::string text) : data(std::move(text)) {}
  Value(List list) : data(std::make_shared<List>(std::move(list))) {}
  Value(Object object) : data(std::make_shared<Object>(std::move(object))) {}
};

class Printer {
 public:
  void operator()(std::int64_t number) { out_ << number; }

  void operator()(const std::string& text) {
    out_ << '"';
    for (const unsigned char c : text) {
      if (c == '"' || c == '\\') {
        out_ << '\\' << c;
      } else if (c < 0x20) {
        out_ << "\\u" << std::hex << std::setw(4) << std::setfill('0') << int{c} << std::dec;
      } else {
        out_ << c;
      }
    }
    out_ << '"';
  }

  void operator()(const std::shared_ptr<List>& list) {
    out_ << '[';
    for (std::size_t i = 0; i < list->size(); ++i) {
      out_ << (i == 0 ? "" : ",");
      std::visit(*this, (*list)[i].data);
    }
    out_ << ']';
  }

  void operator()(const std::shared_ptr<Object>& object) {
    out_ << '{';
    bool first = true;
    for (const auto& [name, value] : *object) {
      out_ << (first ? "" : ",");
      first = false;
      (*this)(name);
      out_ << ':';
      std::visit(*this, value.data);
    }
    out_ << '}';
  }

  std::string text() const { return out_.str(); }

 private:
  std::ostringstream out_;
};

}  // namespace

std::string graph_json(const std::vector<Module>& modules) {
  const auto root = modules.back().path.parent_path();
  List list;
  std::transform(modules.begin(), modules.end(), std::back_inserter(list), [&](const Module& m) {
    List imports;
    for (const Import& import : m.imports) {
      imports.emplace_back(static_cast<std::int64_t>(import.module));
    }
    return Object{
        {"name", m.path.lexically_relative(root.empty() ? "." : root).generic_string()},
        {"bytes", static_cast<std::int64_t>(m.source.size())},
        {"digest", digest(m.source)},
        {"imports", std::move(imports)},
    };
  });
  const auto total = std::accumulate(
      modules.begin(), modules.end(), std::int64_t{0},
      [](std::int64_t sum, const Module& m) { return sum + static_cast<std::int64_t>(m.source.size()); });
  Printer printer;
  std::visit(printer, Value(Object{{"modules", std::move(list)}, {"bytes", total}}).data);
  return printer.text();
}

}  // namespace oven
