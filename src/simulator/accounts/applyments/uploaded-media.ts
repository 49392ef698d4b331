import type { State } from '../../state/state.ts'

export type MediaKind = 'image' | 'video'

/** The ids of the files that a merchant has uploaded for applyments. The files themselves are not kept. */
export interface UploadedMedia {
  add(media_id: string, kind: MediaKind): void
  kindOf(media_id: string): MediaKind | undefined
}

export function createUploadedMedia(state: State): UploadedMedia {
  const media = state.map<MediaKind>('uploaded-media')
  return {
    add: (media_id, kind) => void media.set(media_id, kind),
    kindOf: media_id => media.get(media_id),
  }
}
