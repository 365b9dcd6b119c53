// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/source_find.hpp"

#include "base/files.hpp"
#include "kernel/cache.hpp"
#include "kernel/debian_image.hpp"
#include "kernel/file_hash.hpp"
#include "kernel/prebuilt.hpp"
#include "kernel/source_git.hpp"

namespace assay::kernel {
namespace {

Task<Result<SourceInput>> find_archive(SourceKind kind, fs::path archive, fs::path cache) {
  SourceInput source;
  source.kind = kind;
  source.path = std::move(archive);
  auto digest = co_await remembered_sha256(source.path, std::move(cache));
  if (!digest) {
    co_return digest.error();
  }
  source.sha256 = std::move(*digest);
  co_return source;
}

Task<Result<SourceSpec>> prebuilt_files(SourceSpec spec, fs::path cache) {
  if (!names_debian_image(spec.where)) {
    co_return spec;
  }
  auto files = co_await find_debian_image(spec.where, CacheLayout(cache));
  if (!files) {
    co_return files.error();
  }
  if (!*files) {
    co_return fail(Failure::usage, "{} is not here yet: assay kernel build {}", spec.where, spec.where);
  }
  co_return **files;
}

}  // namespace

Task<Result<SourceInput>> find_source(Variant variant, BuilderOptions options) {
  const auto& spec = variant.source;
  const auto action = fmt::format("find the source of {}", variant.name);
  std::error_code error;
  Result<SourceInput> source = Error();
  if (spec.kind == SourceKind::debian || spec.kind == SourceKind::tarball) {
    const bool debian = spec.kind == SourceKind::debian;
    const auto archive = debian ? options.sources / (spec.where + ".tar.xz") : fs::path(spec.where);
    if (!fs::is_regular_file(archive, error)) {
      co_return debian ? fail(Failure::infrastructure, "cannot {}: there is no {} (package {})", action,
                              archive.string(), spec.where)
                       : fail(Failure::usage, "cannot {}: there is no {}", action, archive.string());
    }
    source = co_await find_archive(spec.kind, archive, options.cache);
  } else if (spec.kind == SourceKind::git) {
    source = co_await find_git(spec, options.cache);
  } else if (spec.kind == SourceKind::directory) {
    source = co_await snapshot_directory(spec.where, options.cache, !variant.config.empty());
  } else {
    auto files = co_await prebuilt_files(spec, options.cache);
    if (files) {
      source = co_await find_prebuilt(std::move(*files), options.cache);
    } else {
      source = files.error();
    }
  }
  if (!source) {
    co_return source.error().within(action);
  }
  // A .config of somebody's may want any driver.
  source->whole = !variant.config.empty();
  co_return source;
}

}  // namespace assay::kernel
