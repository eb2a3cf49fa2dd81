# h2h_add_plugin(NAME source...): the shared object NAME.so, which h2h-sim loads by --plugin or from a folder of
# H2H_PLUGIN_PATH. Its sources define what they register by H2H_PLUGIN (<h2h/plugin/plugin.hpp>).
function(h2h_add_plugin name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE h2h::h2h)
  # What is missing is told here, not when the plug-in is loaded.
  target_link_options(${name} PRIVATE LINKER:--no-undefined)
  set_target_properties(${name} PROPERTIES PREFIX "")
endfunction()
