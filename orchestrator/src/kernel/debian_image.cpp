// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/debian_image.hpp"

#include "base/files.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "kernel/cache_lock.hpp"

#include <string.h>

#include <algorithm>

namespace assay::kernel {
namespace {

constexpr std::string_view image_mark = "debian:";
constexpr std::string_view image_prefix = "linux-image-";
constexpr std::string_view amd64 = "-amd64";

/// "6.12" and "", "6.1" and "-cloud".
struct ImageWish {
  std::string version;
  std::string flavour;
};

ImageWish parse_wish(std::string_view where) {
  auto text = where.substr(image_mark.size());
  if (text.ends_with(amd64)) {
    text.remove_suffix(amd64.size());
  }
  for (const std::string_view flavour : {"-cloud", "-rt"}) {
    if (text.ends_with(flavour)) {
      text.remove_suffix(flavour.size());
      return {std::string(text), std::string(flavour)};
    }
  }
  return {std::string(text), ""};
}

/// What is between "linux-image-" and "-amd64" and neither is a metapackage ("6.12") nor has a flavour.
bool is_meant(std::string_view version, std::string_view wish) {
  if (!version.starts_with(wish)) {
    return false;
  }
  const auto rest = version.substr(wish.size());
  const bool other_number = !rest.empty() && rest.front() >= '0' && rest.front() <= '9';
  const bool has_flavour =
      version.find("-cloud") != std::string_view::npos || version.find("-rt") != std::string_view::npos;
  const bool is_meta = std::count(version.begin(), version.end(), '.') < 2;
  return !other_number && !has_flavour && !is_meta;
}

Task<Result<std::string>> package_of(std::string where) {
  Command command;
  command.argv = {"apt-cache", "pkgnames", std::string(image_prefix) + parse_wish(where).version};
  auto output = co_await output_of(std::move(command));
  if (!output) {
    co_return output.error();
  }
  std::vector<std::string> names;
  for (const auto name : split(*output, '\n')) {
    names.emplace_back(name);
  }
  auto package = debian_image_package(names, where);
  if (package.empty()) {
    co_return fail(Failure::usage,
                   "apt knows no kernel {}; apt-cache pkgnames linux-image- lists what there is, and apt-get "
                   "update asks for news",
                   printable(where));
  }
  co_return package;
}

/// image, modules and configuration below `root`, when the kernel is there.
std::optional<SourceSpec> files_below(const fs::path& root, const std::string& release) {
  SourceSpec spec;
  spec.kind = SourceKind::prebuilt;
  const auto image = root / "boot" / ("vmlinuz-" + release);
  spec.where = image.string();
  std::error_code none;
  const auto modules = fs::path("lib/modules") / release;
  spec.modules = fs::exists(root / modules, none) ? root / modules : root / "usr" / modules;
  spec.config = root / "boot" / ("config-" + release);
  std::error_code error;
  return fs::exists(image, error) && fs::exists(spec.modules, error) ? std::optional(spec) : std::nullopt;
}

Task<Status> fetch_into(fs::path folder, std::string package) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (auto made = make_directories(folder); !made) {
    co_return made;
  }
  Command download;
  download.argv = {"apt-get", "download", "-q", package};
  download.directory = folder;
  auto downloaded = co_await output_of(std::move(download));
  if (!downloaded) {
    co_return downloaded.error();
  }
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    Command unpack;
    unpack.argv = {"dpkg-deb", "--extract", entry.path().string(), folder.string()};
    auto unpacked = co_await output_of(std::move(unpack));
    if (!unpacked) {
      co_return unpacked.error();
    }
    fs::remove(entry.path(), error);
    co_return Status();
  }
  co_return fail(Failure::infrastructure, "apt-get download {} brought nothing", package);
}

}  // namespace

bool names_debian_image(std::string_view where) { return where.starts_with(image_mark); }

std::string debian_image_package(const std::vector<std::string>& packages, std::string_view where) {
  const auto wish = parse_wish(where);
  const auto suffix = wish.flavour + std::string(amd64);
  std::string newest;
  for (const auto& name : packages) {
    if (!name.starts_with(image_prefix) || !name.ends_with(suffix)) {
      continue;
    }
    const auto version =
        std::string_view(name).substr(image_prefix.size(), name.size() - image_prefix.size() - suffix.size());
    if (is_meant(version, wish.version) &&
        (newest.empty() || ::strverscmp(newest.c_str(), name.c_str()) < 0)) {
      newest = name;
    }
  }
  return newest;
}

Task<Result<std::optional<SourceSpec>>> find_debian_image(std::string where, CacheLayout layout) {
  auto package = co_await package_of(std::move(where));
  if (!package) {
    co_return package.error();
  }
  const auto release = package->substr(image_prefix.size());
  auto files = files_below("/", release);
  if (!files) {
    files = files_below(layout.debian(release), release);
  }
  co_return files;
}

Task<Status> fetch_debian_image(std::string where, CacheLayout layout, ProgressMeter& meter) {
  auto package = co_await package_of(std::move(where));
  if (!package) {
    co_return package.error();
  }
  auto lock = co_await lock_in_turn(layout, "debian-" + *package, "fetching " + *package, meter);
  if (!lock) {
    co_return lock.error();
  }
  const auto place = layout.debian(package->substr(image_prefix.size()));
  std::error_code error;
  if (fs::exists(place, error)) {
    co_return Status();
  }
  meter.step("fetching " + *package, 0);
  const fs::path unfinished = place.string() + ".unfinished";
  auto done = co_await fetch_into(unfinished, *package);
  if (done && !files_below(unfinished, package->substr(image_prefix.size()))) {
    done = fail(Failure::infrastructure, "it holds no kernel with modules where Debian keeps them");
  }
  if (!done) {
    fs::remove_all(unfinished, error);
    co_return done.error().within("fetch " + *package);
  }
  fs::rename(unfinished, place, error);
  if (error) {
    co_return fail(Failure::infrastructure, "cannot move {} to {}: {}", unfinished.string(), place.string(),
                   error.message());
  }
  co_return Status();
}

}  // namespace assay::kernel
