# CMake learns about a compiler by compiling; in an emulated guest that takes 20 seconds a step.
# What it would find out about a GCC on 64-bit Linux is known, so it is told instead.
find_program(GCC gcc)
find_program(GXX g++)
if(NOT CMAKE_HOST_SYSTEM_NAME STREQUAL "Linux" OR NOT GCC OR NOT GXX OR DEFINED ENV{CC} OR DEFINED ENV{CXX})
  return()
endif()

execute_process(
  COMMAND ${GCC} -dumpfullversion
  OUTPUT_VARIABLE GCC_VERSION OUTPUT_STRIP_TRAILING_WHITESPACE)

set(CMAKE_C_COMPILER ${GCC})
set(CMAKE_CXX_COMPILER ${GXX})
foreach(language C CXX)
  set(CMAKE_${language}_COMPILER_FORCED ON)
  set(CMAKE_${language}_COMPILER_ID_RUN ON)
  set(CMAKE_${language}_COMPILER_ID GNU)
  set(CMAKE_${language}_COMPILER_VERSION ${GCC_VERSION})
  set(CMAKE_${language}_EXTENSIONS_COMPUTED_DEFAULT ON)
endforeach()
set(CMAKE_C_STANDARD_COMPUTED_DEFAULT 17)
set(CMAKE_CXX_STANDARD_COMPUTED_DEFAULT 17)
set(CMAKE_SIZEOF_VOID_P 8)
