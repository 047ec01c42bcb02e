// The command line.
#include "oven.h"

#include <cstring>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>

namespace {

std::string read(const char* path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    throw std::runtime_error(std::string("cannot read ") + path);
  }
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string answer(std::string_view verb, const char* file) {
  if (verb == "bundle") {
    return oven::bundle(oven::read_graph(file));
  }
  if (verb == "graph") {
    return oven::graph_json(oven::read_graph(file)) + "\n";
  }
  if (verb == "minify") {
    return oven::minify(read(file));
  }
  if (verb == "digest") {
    return oven::digest(read(file)) + "\n";
  }
  if (verb == "gzip") {
    return oven::gzip(read(file));
  }
  if (verb == "gunzip") {
    return oven::gunzip(read(file));
  }
  throw std::invalid_argument(std::string(verb));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--version") == 0) {
    std::cout << "oven " << oven::kVersion << "\n";
    return 0;
  }
  try {
    if (argc == 3) {
      std::cout << answer(argv[1], argv[2]);
      return 0;
    }
  } catch (const std::invalid_argument& unknown) {
    std::cerr << "oven: " << oven::kUnknown << unknown.what() << "\n";
  } catch (const std::exception& error) {
    std::cerr << "oven: " << error.what() << "\n";
    return 1;
  }
  std::cerr << oven::kUsage;
  return 2;
}
