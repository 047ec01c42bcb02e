// One script from many modules, and the seams to zlib and to the Zig part.
#include "oven.h"

#include <array>
#include <sstream>
#include <stdexcept>

#include <zlib.h>

extern "C" {
std::size_t oven_minify(const char* source, std::size_t length, char* out);
void oven_digest(const char* data, std::size_t length, char* out64);
}

namespace oven {
namespace {

constexpr int kGzip = 15 + 16;

struct Stream : z_stream {
  int (*end)(z_streamp);
  explicit Stream(int (*end)(z_streamp)) : z_stream{}, end(end) {}
  ~Stream() { end(this); }
};

std::string pump(z_stream& stream, int (*step)(z_streamp, int), std::string_view data) {
  std::string out;
  std::array<char, 16384> buffer;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  int status = Z_OK;
  while (status != Z_STREAM_END) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = buffer.size();
    status = step(&stream, Z_FINISH);
    if (status != Z_OK && status != Z_STREAM_END && !(status == Z_BUF_ERROR && stream.avail_out == 0)) {
      throw std::runtime_error(std::string("zlib: ") + (stream.msg ? stream.msg : zError(status)));
    }
    out.append(buffer.data(), buffer.size() - stream.avail_out);
  }
  return out;
}

// Import and export statements become calls on the bundle's own module table.
std::string rewrite(const Module& module) {
  std::string text;
  std::size_t rest = 0;
  for (const Import& import : module.imports) {
    text.append(module.source, rest, import.begin - rest);
    const std::string call = "__oven(" + std::to_string(import.module) + ")";
    text += import.binding.empty() ? call : "const " + import.binding + " = " + call;
    rest = import.end;
  }
  text.append(module.source, rest);

  constexpr std::string_view kExport = "export ";
  std::istringstream lines(text);
  std::string out, names;
  for (std::string line; std::getline(lines, line);) {
    if (line.compare(0, kExport.size(), kExport) == 0) {
      line.erase(0, kExport.size());
      std::istringstream words(line);
      std::string kind, name;
      words >> kind >> name;
      names += (names.empty() ? "" : ", ") + name.substr(0, name.find_first_of("(=;{"));
    }
    out += line + "\n";
  }
  return out + "return { " + names + " };";
}

}  // namespace

std::string gzip(std::string_view data) {
  Stream stream(deflateEnd);
  if (deflateInit2(&stream, 9, Z_DEFLATED, kGzip, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("zlib: no memory to compress");
  }
  return pump(stream, deflate, data);
}

std::string gunzip(std::string_view data) {
  Stream stream(inflateEnd);
  if (inflateInit2(&stream, kGzip) != Z_OK) {
    throw std::runtime_error("zlib: no memory to decompress");
  }
  return pump(stream, inflate, data);
}

std::string minify(std::string_view source) {
  std::string out(source.size(), '\0');
  out.resize(oven_minify(source.data(), source.size(), out.data()));
  return out;
}

std::string digest(std::string_view data) {
  std::string out(64, '\0');
  oven_digest(data.data(), data.size(), out.data());
  return out;
}

std::string bundle(const std::vector<Module>& modules) {
  std::string script =
      "const __modules = [], __made = [];\n"
      "const __oven = i => __made[i] || (__made[i] = __modules[i]());\n";
  for (std::size_t i = 0; i < modules.size(); ++i) {
    script += "__modules[" + std::to_string(i) + "] = () => {\n" + rewrite(modules[i]) + "\n};\n";
  }
  return minify(script + "__oven(" + std::to_string(modules.size() - 1) + ");\n");
}

}  // namespace oven
