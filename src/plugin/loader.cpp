// SPDX-License-Identifier: Apache-2.0
#include <h2h/plugin/loader.hpp>

#include <algorithm>
#include <string>
#include <system_error>
#include <vector>

#include <boost/core/demangle.hpp>
#include <boost/dll/shared_library.hpp>
#include <dlfcn.h>
#include <elf.h>
#include <fmt/format.h>

#include <h2h/base/files.hpp>
#include <h2h/plugin/plugin.hpp>

#include "mark.hpp"
#include "rehearsal.hpp"

namespace h2h {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void refuse(const fs::path& file, std::string message, std::string hint = {}) {
  throw Error(ErrorKind::input, {file.string()}, std::move(message), std::move(hint));
}

bool is_shared_object(std::string_view content) {
  return content.size() > offsetof(Elf64_Ehdr, e_type) + 1 && content.starts_with(ELFMAG) &&
         content[offsetof(Elf64_Ehdr, e_type)] == ET_DYN;
}

/// The marks of a file that fits. Nothing of it is loaded for that.
std::set<PluginMark> require_marks(const fs::path& file) {
  const std::string content = read_file(file);
  if (!is_shared_object(content))
    refuse(file, "is no shared object", "h2h_add_plugin() of find_package(h2h) builds one");
  auto marks = find_marks(content);
  if (marks.empty())
    refuse(file, "is no plug-in of h2h-sim: it has no entry point", "define one by H2H_PLUGIN(name) { ... }");
  for (const PluginMark& mark : marks) {
    if (mark.interface_number == H2H_PLUGIN_INTERFACE && mark.version == kVersion) continue;
    refuse(file,
           fmt::format("was built for h2h-sim {} with plug-in interface {}; this is {} with interface {}",
                       mark.version, mark.interface_number, kVersion, H2H_PLUGIN_INTERFACE),
           "build it again");
  }
  return marks;
}

/// Says why the loader of the system refuses a file. @param reason its own words, perhaps with the path in
/// front
[[noreturn]] void refuse_to_open(const fs::path& file, std::string reason) {
  if (const std::string place = fs::absolute(file).string() + ": "; reason.starts_with(place))
    reason.erase(0, place.size());
  constexpr std::string_view kUndefined = "undefined symbol: ";
  if (reason.starts_with(kUndefined)) {
    const std::string symbol =
        reason.substr(kUndefined.size(), reason.find(',') - kUndefined.size());  // ", version V" may follow
    refuse(file,
           fmt::format("needs {}, which neither h2h-sim nor a library that it links has",
                       boost::core::demangle(symbol.c_str())),
           "link what defines it; h2h_add_plugin() of find_package(h2h) refuses to build without");
  }
  refuse(file, "cannot be loaded: " + reason);
}

/// Loads a shared object for good. Were it ever unloaded, every model, step, function, exception or string
/// that it made would have to be gone by then, and nobody could see to that: they are values with lives of
/// their own. So it is never unloaded (RTLD_NODELETE), whatever becomes of the handle.
boost::dll::shared_library open(const fs::path& file) {
  namespace load_mode = boost::dll::load_mode;
  std::error_code failure;
  // A path that is absolute is never looked up in the folders of the system.
  boost::dll::shared_library library(
      fs::absolute(file), load_mode::rtld_now | static_cast<load_mode::type>(RTLD_NODELETE), failure);
  if (failure) {
    const char* reason = ::dlerror();
    refuse_to_open(file, reason != nullptr ? reason : failure.message());
  }
  return library;
}

void call(const fs::path& file, void (&entry_point)(Registry&), Registry& entries) {
  try {
    entry_point(entries);
  } catch (const std::exception& failure) {  // an Error says it in full
    refuse(file, fmt::format("fails to register: {}", failure.what()));
  } catch (...) {
    refuse(file, "fails to register: it throws something that is no std::exception");
  }
}

/// What a plug-in registers.
Registry entries_of(const fs::path& file, const std::set<PluginMark>& marks) {
  const boost::dll::shared_library library = open(file);
  Registry entries;
  for (const PluginMark& mark : marks) {
    const std::string entry_point = mark.entry_point();
    if (!library.has(entry_point)) {
      refuse(file, fmt::format("does not export {}, although its mark says so", entry_point),
             "something has hidden it, such as a version script of the linker");
    }
    call(file, library.get<void(Registry&)>(entry_point), entries);
  }
  return entries;
}

bool is_loaded(const Registry& registry, const fs::path& file) {
  std::error_code ignored;
  return std::any_of(registry.plugins().begin(), registry.plugins().end(),
                     [&](const std::string& known) { return fs::equivalent(known, file, ignored); });
}

}  // namespace

void load_plugin(Registry& registry, const fs::path& file) {
  if (is_loaded(registry, file)) return;
  const auto marks = require_marks(file);
  if (const std::string outcome = rehearse([&] { entries_of(file, marks); }); !outcome.empty()) {
    refuse(file, outcome + " on loading",
           "that is when constructors of static objects and H2H_PLUGIN { ... } run");
  }
  const Registry entries = entries_of(file, marks);
  try {
    registry.adopt(entries, file.string());
  } catch (const Error& taken) {
    refuse(file, taken.message(), taken.hint());
  }
}

void load_plugins(Registry& registry, std::span<const fs::path> folders) {
  for (const fs::path& folder : folders) {
    std::vector<fs::path> files;
    std::error_code failure;
    for (auto entry = fs::directory_iterator(folder, failure); !failure && entry != fs::directory_iterator();
         entry.increment(failure)) {
      if (entry->path().extension() == ".so") files.push_back(entry->path());
    }
    if (failure) refuse(folder, "cannot be read: " + failure.message(), "name folders that hold plug-ins");
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) load_plugin(registry, file);
  }
}

}  // namespace h2h
