// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/source.hpp"

#include "kernel/source_find.hpp"
#include "kernel/source_git.hpp"
#include "run/kernels.hpp"

#include <utility>

namespace assay::suite {

Task<Result<TestSource>> find_tests(run::Places places, kernel::Variant variant, TestFolders folders) {
  TestSource tests;
  Result<kernel::SourceInput> source = Error();
  auto tree = folders.tests ? folders.tests : folders.tree;
  if (!tree && variant.source.kind == kernel::SourceKind::directory) {
    tree = variant.source.where;
  }
  if (!folders.tests) {
    tests.patches = variant.patches;
  }
  if (tree) {
    source = co_await kernel::freeze_directory(*tree, places.kernels(), true);
  } else {
    auto options = run::builder_options(places, 0);
    source = co_await kernel::find_source(std::move(variant), std::move(options));
  }
  if (!source) {
    co_return source.error();
  }
  if (source->kind == kernel::SourceKind::prebuilt) {
    co_return fail(Failure::usage,
                   "a kernel that is built already brings no tests; --tests FOLDER takes those of a tree");
  }
  tests.source = std::move(*source);
  co_return tests;
}

}  // namespace assay::suite
