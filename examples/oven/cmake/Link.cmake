# The program, from what the other targets or other steps left in out/.
set(LINK_INPUTS ${OUT}/libcpp.a ${OUT}/libvendor.a ${OUT}/oven-zig.o)
add_custom_target(link
  COMMAND ${CMAKE_CXX_COMPILER} -o ${OUT}/oven ${OUT}/oven-zig.o ${OUT}/libcpp.a ${OUT}/libvendor.a
  COMMENT "Linking out/oven"
  VERBATIM)

if(BUN_LINK_ONLY)
  foreach(input ${LINK_INPUTS})
    if(NOT EXISTS ${input})
      message(FATAL_ERROR "${input} is missing: the vendor, cpp and zig steps make it.")
    endif()
  endforeach()
else()
  add_dependencies(link dependencies cpp zig)
endif()
