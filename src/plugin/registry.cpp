// SPDX-License-Identifier: Apache-2.0
#include <h2h/plugin/registry.hpp>

#include <fmt/format.h>

namespace h2h {
namespace {

[[noreturn]] void refuse(std::string_view what, const std::string& name) {
  throw Error(ErrorKind::usage, fmt::format("a second {} is called '{}'", what, name),
              "names must be unique");
}

}  // namespace

void Registry::add_model(ModelFamily family) {
  const std::string name = family.name;
  if (!models_.emplace(name, std::move(family)).second) refuse("model family", name);
}

// Steps and mappers share one namespace: both stand in chains.
void Registry::add_step(StepFamily family) {
  const std::string name = family.name;
  if (mappers_.contains(name) || !steps_.emplace(name, std::move(family)).second)
    refuse("mapping step", name);
}

void Registry::add_mapper(MapperFamily family) {
  const std::string name = family.name;
  if (steps_.contains(name) || !mappers_.emplace(name, std::move(family)).second) refuse("mapper", name);
}

}  // namespace h2h
