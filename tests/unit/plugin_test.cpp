// SPDX-License-Identifier: Apache-2.0
//
// Plug-ins: what the marks in a file say, what a registry takes over, and what is refused. What happens on
// the command line is in tests/cli/test_plugins.py.

#include <cstdlib>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/base/files.hpp>
#include <h2h/mapper/chain.hpp>
#include <h2h/plugin/loader.hpp>
#include <h2h/version.hpp>

#include "support/temporary.hpp"
#include "unit/by_hand.hpp"
#include "unit/error_text.hpp"

namespace h2h {
namespace {

namespace fs = std::filesystem;
using test::ByHand;
using test::error_of;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

fs::path plugin(const std::string& name) {
  return fs::path(H2H_TEST_PLUGINS) / (name + ".so");
}

/// What loading a file into a registry of built-ins says, without the path in front.
std::string refusal(const fs::path& file) {
  Registry registry = builtin_registry();
  const std::size_t steps = registry.steps().size();
  const std::string error = error_of([&] { load_plugin(registry, file); });
  EXPECT_EQ(registry.steps().size(), steps) << "a plug-in that is refused leaves nothing behind";
  EXPECT_THAT(registry.plugins(), SizeIs(0));
  const std::string place = "input: " + file.string() + ": ";
  EXPECT_THAT(error, StartsWith(place));
  return error.substr(std::min(place.size(), error.size()));
}

/// A copy of a good plug-in with one text in it replaced by another of the same length.
fs::path patched(const TemporaryFolder& folder, std::string_view before, std::string_view after) {
  std::string content = read_file(plugin("good"));
  EXPECT_EQ(before.size(), after.size());
  const std::size_t at = content.find(before);
  EXPECT_NE(at, std::string::npos);
  content.replace(at, before.size(), after);
  return folder.write("patched.so", content);
}

const char* const kWorkload =
    "name: w\nlayers:\n"
    "  - {name: a, type: fc, in_features: 10, out_features: 10}\n"
    "  - {name: b, type: fc, in_features: 10, out_features: 10, inputs: [a]}\n";
const char* const kCatalogue =
    "accelerators:\n  X: {types: [fc], model: roofline, parameters: {peak_GOPS: 1}, data_bits: 8,\n"
    "      dram: {capacity: 1kB, bandwidth: 1GBps}, power: {active_W: 1}}\n";

TEST(Plugin, AddsWhatItRegisters) {
  Registry registry = builtin_registry();
  const Registry builtins = registry;
  const std::string file = plugin("good").string();
  load_plugin(registry, file);
  EXPECT_THAT(registry.plugins(), ElementsAre(file));
  EXPECT_EQ(registry.steps().size(), builtins.steps().size() + 1);
  EXPECT_EQ(registry.mappers().size(), builtins.mappers().size() + 1);
  EXPECT_EQ(registry.models().size(), builtins.models().size() + 1);
  EXPECT_EQ(registry.steps().at("first-fit").origin, file);
  EXPECT_EQ(registry.mappers().at("fitted").origin, file);
  EXPECT_EQ(registry.models().at("constant").origin, file);
  EXPECT_EQ(registry.steps().at("weight-locality").origin, "");
  EXPECT_EQ(make_mapper("fitted", registry).steps.size(), 3U);
}

TEST(Plugin, IsLoadedOnceIntoARegistry) {
  Registry registry = builtin_registry();
  load_plugin(registry, plugin("good"));
  load_plugin(registry, plugin("good").parent_path() / ".." / "plugins" / "good.so");
  EXPECT_THAT(registry.plugins(), SizeIs(1));
  Registry another = builtin_registry();
  load_plugin(another, plugin("good"));
  EXPECT_THAT(another.plugins(), SizeIs(1));
}

TEST(Plugin, WhatItMakesOutlivesTheRegistry) {
  const ByHand hand(kWorkload, kCatalogue, {{"fpga0", "X"}});
  std::optional<Mapper> mapper;
  std::optional<Catalogue> catalogue;
  StepFamily family;
  {
    Registry registry = builtin_registry();
    load_plugin(registry, plugin("good"));
    mapper = make_mapper("first-fit", registry);
    family = registry.steps().at("first-fit");
    catalogue = parse_catalogue(
        "accelerators:\n  X: {types: [fc], model: constant, parameters: {seconds: 2}, data_bits: 8,\n"
        "      dram: {capacity: 1kB}, power: {active_W: 1}}\n",
        "c.yaml", registry.models());
  }
  AnalyticEvaluator evaluator;
  StepContext context{evaluator};
  const Mapping none = Mapping::none(hand.problem);
  EXPECT_TRUE(mapper->steps[0].step->run(hand.problem, none, context).mapping.is_complete());
  EXPECT_NE(family.make(Section::from_options({}, "first-fit")), nullptr);
  EXPECT_EQ(catalogue->find("X")->time(hand.workload.layer(0))->seconds, 2);
}

TEST(Plugin, ABuiltInStepIsOneToo) {
  // mappers/weight_locality.cpp, compiled as a plug-in, in a registry that lacks it.
  Registry registry;
  load_plugin(registry, plugin("weight_locality"));
  const ByHand hand(kWorkload, kCatalogue, {{"fpga0", "X"}});
  AnalyticEvaluator evaluator;
  StepContext context{evaluator};
  Mapping mapping = Mapping::none(hand.problem);
  mapping.append(0, 0);
  mapping.append(1, 0);
  const auto pin = [&](const Registry& from) {
    return make_mapper("weight-locality", from).steps[0].step->run(hand.problem, mapping, context).mapping;
  };
  EXPECT_EQ(pin(registry), pin(builtin_registry()));
  EXPECT_THAT(pin(registry).pinned, ElementsAre(1, 1));
}

TEST(Plugin, AFileThatIsNone) {
  const TemporaryFolder folder;
  EXPECT_EQ(refusal(folder.path() / "none.so"), "cannot be read: No such file or directory");
  EXPECT_EQ(refusal(folder.path()), "is a folder; give a file");
  const std::string no_shared_object =
      "is no shared object; h2h_add_plugin() of find_package(h2h) builds one";
  EXPECT_EQ(refusal(folder.write("empty.so", "")), no_shared_object);
  EXPECT_EQ(refusal(folder.write("text.so", "#!/bin/sh\nexit 0\n")), no_shared_object);
  EXPECT_EQ(refusal(folder.write("short.so",
                                 "\x7f"
                                 "ELF")),
            no_shared_object);
  const std::string good = read_file(plugin("good"));
  constexpr std::size_t kType = 16;
  std::string object_file = good;
  object_file[kType] = 1;
  EXPECT_EQ(refusal(folder.write("object.so", object_file)), no_shared_object);
  EXPECT_EQ(refusal(plugin("no_entry")),
            "is no plug-in of h2h-sim: it has no entry point; define one by H2H_PLUGIN(name) { ... }");
}

TEST(Plugin, AFileThatIsBroken) {
  const TemporaryFolder folder;
  const std::string good = read_file(plugin("good"));
  // The loader of the system says what is wrong.
  constexpr std::size_t kClass = 4;
  std::string other_class = good;
  other_class[kClass] = 1;
  EXPECT_EQ(refusal(folder.write("class.so", other_class)), "cannot be loaded: wrong ELF class: ELFCLASS32");
  const std::size_t behind_marks = good.rfind("h2h-plugin name=") + 200;
  EXPECT_THAT(refusal(folder.write("truncated.so", good.substr(0, behind_marks))),
              testing::AnyOf(StartsWith("cannot be loaded: "), StartsWith("crashes (")));
}

TEST(Plugin, AnotherVersion) {
  const TemporaryFolder folder;
  const std::string version = std::string("version=") + std::string(kVersion);
  std::string other = version;
  other.back() = other.back() == '9' ? '8' : '9';
  const std::string here =
      std::string("; this is ") + std::string(kVersion) + " with interface 1; build it again";
  EXPECT_EQ(refusal(patched(folder, version, other)),
            "was built for h2h-sim " + other.substr(8) + " with plug-in interface 1" + here);
  EXPECT_EQ(
      refusal(patched(folder, "interface=1", "interface=2")),
      std::string("was built for h2h-sim ") + std::string(kVersion) + " with plug-in interface 2" + here);
}

TEST(Plugin, SymbolsThatAreNotThere) {
  const TemporaryFolder folder;
  EXPECT_EQ(
      refusal(plugin("unresolved")),
      "needs elsewhere::defined(double), which neither h2h-sim nor a library that it links has; link what "
      "defines it; h2h_add_plugin() of find_package(h2h) refuses to build without");
  EXPECT_EQ(
      refusal(patched(folder, "name=mapping", "name=missing")),
      "does not export h2h_plugin_missing, although its mark says so; something has hidden it, such as a "
      "version script of the linker");
}

/// Sets what the faulty plug-in does.
class Fault {
 public:
  explicit Fault(const char* name) { ::setenv("H2H_TEST_FAULT", name, 1); }
  ~Fault() { ::unsetenv("H2H_TEST_FAULT"); }
  Fault(const Fault&) = delete;
  Fault& operator=(const Fault&) = delete;
};

/// Loads a fresh copy: what this process has loaded before would not be constructed again.
std::string refusal_with(const char* fault) {
  const TemporaryFolder folder;
  fs::copy(plugin("faulty"), folder.path());
  const Fault set(fault);
  return refusal(folder.path() / "faulty.so");
}

TEST(Plugin, CodeThatFailsOnLoading) {
  const std::string when =
      " on loading; that is when constructors of static objects and H2H_PLUGIN { ... } run";
  EXPECT_EQ(refusal_with("crash"), "crashes (Segmentation fault)" + when);
  EXPECT_EQ(refusal_with("abort"), "crashes (Aborted)" + when);
  EXPECT_EQ(refusal_with("exit"), "ends the process (exit status 0)" + when);
  EXPECT_THAT(refusal_with("exception"),
              testing::AnyOf("lets an exception escape" + when, "crashes (Aborted)" + when));
}

TEST(Plugin, CodeThatNeverReturns) {
  EXPECT_THAT(refusal_with("hang"), StartsWith("does not return within 10 s on loading"));
}

TEST(Plugin, CodeThatThrowsOnRegistering) {
  EXPECT_EQ(refusal_with("throws"), "fails to register: there is no licence");
  EXPECT_EQ(refusal_with("throws-error"), "fails to register: cannot count; learn it");
  EXPECT_EQ(refusal_with("throws-number"),
            "fails to register: it throws something that is no std::exception");
}

TEST(Plugin, EntriesThatCannotBe) {
  EXPECT_EQ(refusal_with("twice"),
            "fails to register: a second mapping step is called 'failing'; names must be unique");
  EXPECT_EQ(refusal_with("no-factory"), "fails to register: the mapping step 'empty' has no factory");
  EXPECT_EQ(refusal_with("no-name"), "fails to register: a mapper has no name");
  EXPECT_EQ(refusal_with("bad-name"),
            "fails to register: a mapping step cannot be called 'a+b'; in a chain a name is made of letters, "
            "digits, '-', '_' and '.'");
}

TEST(Plugin, NamesThatAreTaken) {
  EXPECT_EQ(refusal_with("taken"), "a second mapping step is called 'weight-locality'; names must be unique");
  EXPECT_EQ(refusal(plugin("weight_locality")),
            "a second mapping step is called 'weight-locality'; names must be unique");
  Registry registry = builtin_registry();
  load_plugin(registry, plugin("good"));
  const std::size_t steps = registry.steps().size();
  const Fault set("taken-by-plugin");
  EXPECT_EQ(error_of([&] { load_plugin(registry, plugin("faulty")); }),
            "input: " + plugin("faulty").string() +
                ": a second mapping step is called 'first-fit'; names must be unique; " +
                plugin("good").string() + " has the first");
  EXPECT_EQ(registry.steps().size(), steps) << "nothing of it, also not what is not taken";
}

TEST(Plugin, FactoriesThatMakeNothing) {
  Registry registry = builtin_registry();
  load_plugin(registry, plugin("faulty"));
  const Fault set("makes-none");
  EXPECT_EQ(error_of([&] { make_mapper("failing", registry); }),
            "internal: the factory of step 'failing' makes none");
  registry.add_model({"none", "", [](const Section&, const Device&) { return nullptr; }});
  EXPECT_EQ(error_of([&] {
              parse_catalogue(
                  "accelerators:\n  X: {types: [fc], model: none, parameters: {}, data_bits: 8, "
                  "dram: {capacity: 1kB}, power: {active_W: 1}}\n",
                  "c.yaml", registry.models());
            }),
            "internal: the factory of model 'none' makes none");
}

TEST(Plugins, OfFoldersAreLoadedByName) {
  const TemporaryFolder folder;
  fs::copy(plugin("good"), folder.path() / "b.so");
  fs::copy(plugin("faulty"), folder.path() / "a.so");
  folder.write("notes.txt", "no plug-in");
  folder.write("c.so.old", "no plug-in");
  const TemporaryFolder more;
  fs::create_symlink(folder.path() / "b.so", more.path() / "again.so");
  const std::vector<fs::path> folders = {folder.path(), more.path()};
  Registry registry = builtin_registry();
  load_plugins(registry, folders);
  EXPECT_THAT(registry.plugins(), ElementsAre(folder.path() / "a.so", folder.path() / "b.so"));
}

TEST(Plugins, OfAFolderThatIsNone) {
  const TemporaryFolder folder;
  const std::vector<fs::path> folders = {folder.path() / "none"};
  Registry registry;
  EXPECT_EQ(error_of([&] { load_plugins(registry, folders); }),
            "input: " + folders[0].string() +
                ": cannot be read: No such file or directory; name folders that hold plug-ins");
}

}  // namespace
}  // namespace h2h
