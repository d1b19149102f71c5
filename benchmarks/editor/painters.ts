import Konva from 'konva';
import RBush from 'rbush';
import { Editor, Renderer } from '@fovea/editor';
import { pictureSize, viewSize } from './polygons.ts';
import type { BenchPolygon, BenchView } from './polygons.ts';

/** One way of drawing the same: `draw` is what its script does for a frame. */
export interface Painter {
  draw(view: BenchView): void;
  end(): void;
}

export interface Scene {
  readonly stage: HTMLElement;
  readonly polygons: readonly BenchPolygon[];
  readonly picture: HTMLCanvasElement;
}

function addCanvas(stage: HTMLElement): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = viewSize.width;
  canvas.height = viewSize.height;
  stage.append(canvas);
  return canvas;
}

export interface EditorPainter extends Painter {
  readonly editor: Editor;
  readonly renderer: Renderer;
}

export function editorPainter({ stage, polygons, picture }: Scene): EditorPainter {
  const canvas = addCanvas(stage);
  let count = 0;
  const labels = [...new Map(polygons.map(({ label, color }) => [label, color]))].map(([name, color]) => ({ name, color }));
  const editor = new Editor({ newId: () => `id-${String(++count).padStart(8, '0')}`, labels });
  editor.setPicture({ ...pictureSize, frames: undefined });
  editor.camera.setViewport({ ...viewSize, pixelRatio: 1 });
  editor.document.load(
    polygons.map(({ points, label }, index) => ({
      id: `loaded-${String(index).padStart(8, '0')}`,
      revision: 1,
      content: { type: 'polygon', label, geometry: { type: 'polygon', points }, attributes: {}, frame: null, endFrame: null, confidence: null, source: 'human' },
    })),
  );
  const renderer = new Renderer({ editor, canvas, requestFrame: () => undefined });
  renderer.setPicture(picture);
  return {
    editor,
    renderer,
    draw(view) {
      editor.camera.set(view);
      renderer.draw();
    },
    end() {
      renderer.end();
      canvas.remove();
    },
  };
}

/** What one writes without an engine: an index, and every visible polygon drawn again in each frame. */
export function barePainter({ stage, polygons, picture }: Scene): Painter {
  const canvas = addCanvas(stage);
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) throw new Error('no canvas');
  const index = new RBush<BenchPolygon & { minX: number; minY: number; maxX: number; maxY: number; order: number }>();
  index.load(
    polygons.map((polygon, order) => {
      const xs = polygon.points.map(([x]) => x);
      const ys = polygon.points.map(([, y]) => y);
      return { ...polygon, order, minX: Math.min(...xs), minY: Math.min(...ys), maxX: Math.max(...xs), maxY: Math.max(...ys) };
    }),
  );
  return {
    draw({ zoom, offsetX, offsetY }) {
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.fillStyle = '#14181f';
      context.fillRect(0, 0, viewSize.width, viewSize.height);
      context.setTransform(zoom, 0, 0, zoom, offsetX, offsetY);
      context.drawImage(picture, 0, 0);
      context.lineWidth = 1.5 / zoom;
      const visible = index.search({
        minX: -offsetX / zoom,
        minY: -offsetY / zoom,
        maxX: (viewSize.width - offsetX) / zoom,
        maxY: (viewSize.height - offsetY) / zoom,
      });
      for (const { points, color } of visible.sort((a, b) => a.order - b.order)) {
        context.beginPath();
        for (const [x, y] of points) context.lineTo(x, y);
        context.closePath();
        context.fillStyle = color;
        context.strokeStyle = color;
        context.globalAlpha = 0.2;
        context.fill();
        context.globalAlpha = 1;
        context.stroke();
      }
    },
    end: () => canvas.remove(),
  };
}

/** Konva with what its guide advises for speed: no hit graph, no perfect drawing, one layer. */
export function konvaPainter({ stage, polygons, picture }: Scene): Painter {
  const container = document.createElement('div');
  stage.append(container);
  const konva = new Konva.Stage({ container, ...viewSize });
  const layer = new Konva.Layer({ listening: false });
  layer.add(new Konva.Image({ image: picture, listening: false }));
  for (const { points, color } of polygons) {
    layer.add(
      new Konva.Line({
        points: points.flat(),
        closed: true,
        fill: `${color}33`,
        stroke: color,
        strokeWidth: 1.5,
        strokeScaleEnabled: false,
        perfectDrawEnabled: false,
        shadowForStrokeEnabled: false,
        listening: false,
      }),
    );
  }
  konva.add(layer);
  return {
    draw({ zoom, offsetX, offsetY }) {
      konva.scale({ x: zoom, y: zoom });
      konva.position({ x: offsetX, y: offsetY });
      layer.draw();
    },
    end() {
      konva.destroy();
      container.remove();
    },
  };
}

export function svgPainter({ stage, polygons, picture }: Scene): Painter {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('width', String(viewSize.width));
  svg.setAttribute('height', String(viewSize.height));
  const group = document.createElementNS(space, 'g');
  const image = document.createElementNS(space, 'image');
  image.setAttribute('href', picture.toDataURL('image/jpeg', 0.8));
  group.append(image);
  for (const { points, color } of polygons) {
    const polygon = document.createElementNS(space, 'polygon');
    polygon.setAttribute('points', points.map((point) => point.join(',')).join(' '));
    polygon.setAttribute('fill', color);
    polygon.setAttribute('fill-opacity', '0.2');
    polygon.setAttribute('stroke', color);
    polygon.setAttribute('stroke-width', '1.5');
    polygon.setAttribute('vector-effect', 'non-scaling-stroke');
    group.append(polygon);
  }
  svg.append(group);
  stage.append(svg);
  return {
    draw({ zoom, offsetX, offsetY }) {
      group.setAttribute('transform', `translate(${offsetX} ${offsetY}) scale(${zoom})`);
    },
    end: () => svg.remove(),
  };
}
