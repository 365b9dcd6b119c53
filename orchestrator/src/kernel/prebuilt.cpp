// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/prebuilt.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "kernel/debian_image.hpp"
#include "kernel/file_hash.hpp"
#include "kernel/kernel_files.hpp"
#include "kernel/modules.hpp"

#include <algorithm>
#include <array>

namespace assay::kernel {
namespace {

/// Linux' boot protocol (Documentation/arch/x86/boot.rst): "HdrS", and behind it where the version text
/// begins, counted from 0x200.
constexpr std::size_t magic_at = 0x202;
constexpr std::size_t version_pointer_at = 0x20e;
constexpr std::size_t setup_at = 0x200;

std::string first_word(std::string_view text) {
  constexpr std::size_t longest = 64;
  const auto word = text.substr(0, std::min(longest, text.find_first_of(std::string_view(" \n\0", 3))));
  const bool sane = std::all_of(word.begin(), word.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  return sane && !word.empty() && word.front() >= '0' && word.front() <= '9' ? std::string(word)
                                                                             : std::string();
}

struct Part {
  const char* name;
  const fs::path& path;
};

std::array<Part, 4> companions(const SourceSpec& spec) {
  return {Part{"modules", spec.modules}, Part{"vmlinux", spec.vmlinux}, Part{"system_map", spec.system_map},
          Part{"config", spec.config}};
}

/// The architecture of a file that QEMU boots as a kernel; nothing when it is none.
std::optional<Arch> arch_of_image(const fs::path& image) {
  constexpr std::size_t machine_at = 18;
  constexpr char sparcv9 = 43;
  std::error_code error;
  if (!fs::is_regular_file(image, error)) {
    return std::nullopt;  // a device or a FIFO may have no end
  }
  const auto text = read_file(image);
  if (!text || text->size() < setup_at + 64) {
    return std::nullopt;
  }
  if (text->substr(magic_at, 4) == "HdrS") {
    return Arch::x86_64;
  }
  const bool is_elf = text->starts_with(
      "\x7f"
      "ELF");
  return is_elf && (*text)[machine_at + 1] == sparcv9 ? std::optional(Arch::sparc64) : std::nullopt;
}

}  // namespace

Result<std::optional<Variant>> prebuilt_by_name(std::string_view name, Arch arch) {
  std::error_code error;
  const fs::path path(name);
  const bool debian = names_debian_image(name);
  const bool is_path = name.find('/') != std::string_view::npos || name == "." || name == "..";
  if (!debian && (path.extension() == ".toml" || !is_path || !fs::exists(path, error))) {
    return std::nullopt;
  }
  auto spec = debian                          ? Result<SourceSpec>(SourceSpec())
              : fs::is_directory(path, error) ? kernel_in_folder(path)
                                              : Result<SourceSpec>(kernel_of_image(path));
  if (!spec) {
    return spec.error();
  }
  const auto its = debian ? Arch::x86_64 : arch_of_image(spec->where);
  if (its != arch) {
    return its ? fail(Failure::usage, "{} is a kernel for {}, not for {}", name, name_of(*its), name_of(arch))
               : fail(Failure::usage, "{} is no kernel that QEMU boots, and no .toml", spec->where);
  }
  if (auto fits = can_be_guest(*spec); !fits) {
    return fits.error();
  }
  Variant variant;
  variant.name =
      debian ? std::string(name) : fs::absolute(path, error).lexically_normal().filename().string();
  variant.name = variant.name.empty() ? path.string() : variant.name;
  variant.root = variant.name;
  variant.is_root = true;
  variant.arch = arch;
  variant.source = std::move(*spec);
  variant.source.kind = SourceKind::prebuilt;
  if (debian) {
    variant.source.where = name;
  }
  return variant;
}

std::string release_in(std::string_view image) {
  if (image.size() > setup_at + 64 && image.substr(magic_at, 4) == "HdrS") {
    const auto low = static_cast<unsigned char>(image[version_pointer_at]);
    const auto high = static_cast<unsigned char>(image[version_pointer_at + 1]);
    const auto at = setup_at + low + (std::size_t{high} << 8U);
    if (at < image.size()) {
      return first_word(image.substr(at));
    }
  }
  constexpr std::string_view banner = "Linux version ";
  for (auto at = image.find(banner); at != std::string_view::npos; at = image.find(banner, at + 1)) {
    // The kernel also holds "Linux version %s".
    if (auto release = first_word(image.substr(at + banner.size())); !release.empty()) {
      return release;
    }
  }
  return {};
}

Task<Result<SourceInput>> find_prebuilt(SourceSpec spec, fs::path cache) {
  std::error_code error;
  if (!fs::is_regular_file(spec.where, error)) {
    co_return fail(Failure::usage, "there is no kernel image {}", spec.where);
  }
  auto image = co_await remembered_sha256(spec.where, cache);
  if (!image) {
    co_return image.error();
  }
  Hasher hasher;
  hasher.add("image", *image);
  for (const auto& part : companions(spec)) {
    if (part.path.empty()) {
      continue;
    }
    if (!fs::exists(part.path, error)) {
      co_return fail(Failure::usage, "there is no {} {}", part.name, part.path.string());
    }
    Result<std::string> digest = Error();
    if (fs::is_directory(part.path, error)) {
      std::vector<fs::path> modules;
      for (const auto& module : modules_in(part.path)) {
        modules.push_back(module.path);
      }
      digest = co_await remembered_files_sha256(part.path, std::move(modules), cache);
    } else {
      digest = co_await remembered_sha256(part.path, cache);
    }
    if (!digest) {
      co_return digest.error();
    }
    hasher.add(part.name, *digest);
  }
  SourceInput source;
  source.kind = SourceKind::prebuilt;
  source.path = spec.where;
  source.sha256 = hasher.finish();
  source.files = std::move(spec);
  co_return source;
}

}  // namespace assay::kernel
