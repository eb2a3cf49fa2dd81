// SPDX-License-Identifier: Apache-2.0
#include <h2h/plugin/registry.hpp>

#include <utility>

#include <fmt/format.h>

namespace h2h {
namespace {

/// Refuses a second thing of one name. @param origin of the first
[[noreturn]] void refuse_second(std::string_view what, const std::string& name, const std::string& origin) {
  throw Error(ErrorKind::usage, fmt::format("a second {} is called '{}'", what, name),
              origin.empty() ? "names must be unique"
                             : fmt::format("names must be unique; {} has the first", origin));
}

void require_name(std::string_view what, const std::string& name, bool in_chains) {
  constexpr std::string_view kInChains = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  if (name.empty()) throw Error(ErrorKind::usage, fmt::format("a {} has no name", what));
  if (in_chains && name.find_first_not_of(kInChains) != std::string::npos) {
    throw Error(ErrorKind::usage, fmt::format("a {} cannot be called '{}'", what, name),
                "in a chain a name is made of letters, digits, '-', '_' and '.'");
  }
}

void require_factory(std::string_view what, const std::string& name, bool has_one) {
  if (!has_one) throw Error(ErrorKind::usage, fmt::format("the {} '{}' has no factory", what, name));
}

}  // namespace

void Registry::add_model(ModelFamily family) {
  constexpr std::string_view kWhat = "model family";
  require_name(kWhat, family.name, false);
  require_factory(kWhat, family.name, static_cast<bool>(family.make));
  const std::string name = family.name;
  const auto [place, is_new] = models_.emplace(name, std::move(family));
  if (!is_new) refuse_second(kWhat, name, place->second.origin);
}

// Steps and mappers share one namespace: both stand in chains.
void Registry::add_step(StepFamily family) {
  constexpr std::string_view kWhat = "mapping step";
  require_name(kWhat, family.name, true);
  require_factory(kWhat, family.name, static_cast<bool>(family.make));
  const std::string name = family.name;
  if (const auto mapper = mappers_.find(name); mapper != mappers_.end())
    refuse_second(kWhat, name, mapper->second.origin);
  const auto [place, is_new] = steps_.emplace(name, std::move(family));
  if (!is_new) refuse_second(kWhat, name, place->second.origin);
}

void Registry::add_mapper(MapperFamily family) {
  constexpr std::string_view kWhat = "mapper";
  require_name(kWhat, family.name, true);
  require_factory(kWhat, family.name, static_cast<bool>(family.expand));
  const std::string name = family.name;
  if (const auto step = steps_.find(name); step != steps_.end())
    refuse_second(kWhat, name, step->second.origin);
  const auto [place, is_new] = mappers_.emplace(name, std::move(family));
  if (!is_new) refuse_second(kWhat, name, place->second.origin);
}

void Registry::adopt(const Registry& entries, const std::string& file) {
  const auto from_file = [&](auto family) {
    family.origin = file;
    return family;
  };
  Registry all = *this;
  for (const auto& [_, family] : entries.models_) all.add_model(from_file(family));
  for (const auto& [_, family] : entries.steps_) all.add_step(from_file(family));
  for (const auto& [_, family] : entries.mappers_) all.add_mapper(from_file(family));
  all.plugins_.push_back(file);
  *this = std::move(all);
}

}  // namespace h2h
