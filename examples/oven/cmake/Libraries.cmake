# The C library and the C++ part, as archives.
file(GLOB VENDOR_SOURCES ${CMAKE_SOURCE_DIR}/vendor/zlib/*.c)
add_library(dependencies STATIC EXCLUDE_FROM_ALL ${VENDOR_SOURCES})
set_target_properties(dependencies PROPERTIES OUTPUT_NAME vendor)
target_compile_definitions(dependencies PRIVATE HAVE_UNISTD_H HAVE_STDARG_H)

add_library(cpp STATIC EXCLUDE_FROM_ALL
  src/cpp/bundle.cpp src/cpp/graph.cpp src/cpp/json.cpp src/cpp/main.cpp
  src/cpp/words.cpp)
target_include_directories(cpp PRIVATE ${CMAKE_SOURCE_DIR}/vendor/zlib)
target_compile_options(cpp PRIVATE -std=c++17 -Wall -Wextra)
# Only this file knows the version: a new one costs one compile.
set_source_files_properties(
  ${CMAKE_SOURCE_DIR}/src/cpp/words.cpp PROPERTIES COMPILE_DEFINITIONS OVEN_VERSION="${Bun_VERSION}")
